"""The `qsui` command: its verbs by name, each imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from qsui import __version__
from qsui.cli.common import Common
from qsui.cli.flags import common_options

VERBS = {
    "demo": "qsui.cli.demo:demo",
    "emulator": "qsui.cli.emulator:emulator",
    "list": "qsui.cli.lists:list_verb",
    "show": "qsui.cli.show:show",
    "trigger": "qsui.cli.schedule_verbs:trigger",
    "enable": "qsui.cli.schedule_verbs:enable",
    "disable": "qsui.cli.schedule_verbs:disable",
    "set-cron": "qsui.cli.schedule_verbs:set_cron",
    "delete": "qsui.cli.ending_verbs:delete",
    "cancel": "qsui.cli.ending_verbs:cancel",
    "rerun": "qsui.cli.create:rerun",
    "create": "qsui.cli.create:create",
    "handoff": "qsui.cli.handoff:handoff",
    "cron": "qsui.cli.cron:cron",
    "config": "qsui.cli.settings:config",
}


class Verbs(click.Group):
    """A group whose verbs are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the manual."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb; `None` if there is none of that name."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 (the table above is ours)
        return command


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "obj": None},
)
@click.version_option(__version__, prog_name="qsui")
@common_options
@click.pass_context
def root(context: click.Context) -> int | None:
    """A terminal dashboard for scheduled data jobs.

    Without a verb: the dashboard on the live profiles.
    """
    if context.invoked_subcommand is not None:
        return None
    from qsui.cli.dashboard import show_dashboard

    return show_dashboard(context.ensure_object(Common))

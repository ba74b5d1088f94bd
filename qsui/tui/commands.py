"""The palette: every action that has a key here, by name; it calls the same action as the key."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider


class QsuiCommands(Provider):
    """Offers the active bindings of the screen below the palette."""

    def _entries(self) -> list[tuple[str, str, str]]:
        """Return (title, help, action) of every enabled binding with an id, without repeats."""
        seen: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id is None or not active.enabled or not binding.description:
                continue
            if binding.id.startswith(("move.", "text.")) or binding.id == "go.palette":
                continue
            key = self.app.get_key_display(binding)
            title = binding.description[:1].upper() + binding.description[1:]
            seen[binding.id] = (title, f"key {key}", binding.action)
        return list(seen.values())

    async def discover(self) -> Hits:
        """List everything before a letter is typed."""
        for title, words, action in self._entries():
            yield DiscoveryHit(title, partial(self.app.run_action, action, self.screen), help=words)

    async def search(self, query: str) -> Hits:
        """List what matches the typed text."""
        matcher = self.matcher(query)
        for title, words, action in self._entries():
            score = matcher.match(title)
            if score > 0:
                command = partial(self.app.run_action, action, self.screen)
                yield Hit(score, matcher.highlight(title), command, help=words)

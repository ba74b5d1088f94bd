"""Who works with the demo shop's Alteryx Server, what they share, and on which machines.

API keys: `qsui-demo` (Curator), `qsui-artisan`, `qsui-artisan-2`, `qsui-member`, `qsui-viewer`,
and `qsui-no-api`, whose owner has no API access. The secret is the key followed by `-secret`.
"""

from __future__ import annotations

from typing import Final

from qsui.emulator.alteryx.seeds import CollectionSeed, Role, UserSeed, WorkerSeed

_ALL: Final = frozenset({"schedule", "prioritize", "assign"})
DEMO: Final = "ops.oncall@acme-outdoor.com"
ANA: Final = "ana.ruiz@acme-outdoor.com"
JD: Final = "j.dupont@acme-outdoor.com"
MK: Final = "m.keller@acme-outdoor.com"
SATO: Final = "y.sato@acme-outdoor.com"
VIEWER: Final = "store.viewer@acme-outdoor.com"
CFO: Final = "lea.fischer@acme-outdoor.com"
GONE: Final = "t.nowak@acme-outdoor.com"

USERS: Final = (
    UserSeed(ANA, "Ana", "Ruiz", Role.ARTISAN, "qsui-artisan", may=frozenset({"schedule"})),
    UserSeed(JD, "Jean", "Dupont", Role.ARTISAN, "qsui-artisan-2", may=_ALL),
    UserSeed(MK, "Mia", "Keller", Role.ARTISAN, may=_ALL),
    UserSeed(SATO, "Yuki", "Satō", Role.MEMBER, "qsui-member", may=frozenset({"schedule"})),
    UserSeed(DEMO, "Olga", "Petrov", Role.CURATOR, "qsui-demo", may=_ALL),
    UserSeed(VIEWER, "Stores", "Display", Role.VIEWER, "qsui-viewer"),
    UserSeed(CFO, "Lea", "Fischer", Role.ARTISAN, "qsui-no-api", api_enabled=False, may=_ALL),
    UserSeed(GONE, "Tomasz", "Nowak", Role.ARTISAN, active=False),
)
CREDENTIALS: Final = (r"ACME\svc-alteryx", r"ACME\svc-finance")
WORKERS: Final = (
    WorkerSeed("AYX-W01", 2),
    WorkerSeed("AYX-W02", 1, frozenset({"finance"}), takes_untagged=False),
)
COLLECTIONS: Final = (
    CollectionSeed(
        "Operations",
        DEMO,
        (DEMO, MK),
        workflows=(
            "Live_Basket_Watch",
            "Store_Sales_Refresh",
            "CRM_Account_Sync",
            "Partner_Price_Load",
            "Loyalty_Points_Audit",
            "Newsletter_Audience_Export",
            "Email_Bounce_Cleanup",
            "Campaign_Brief",
            "Ledger_Reconciliation",
            "Margin_Report",
        ),
    ),
    CollectionSeed(
        "Store reports",
        ANA,
        (JD, SATO, VIEWER),
        workflows=("Store_Sales_Refresh", "Kundenwert_Größe"),
        schedules=("Store sales, through the day", "Store sales, nightly"),
    ),
)

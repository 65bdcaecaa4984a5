"""
Make the table of networks that ships: countries and networks of IP addresses (src/hospes/accounts/origins/data).

    npm pack @ip-location-db/asn-country @ip-location-db/asn       and unpack both, each in a folder of its own
    python scripts/networks.py FOLDER FOLDER

The first has what the five internet registries hand out to whom (NRO, CC BY 4.0), the second which network announces what
(RouteViews and DB-IP, both CC BY 4.0). data/LICENSE.md names them; pages that show networks do so too.
"""

import json
import lzma
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from hospes.accounts.origins.building import Draft  # noqa: E402
from hospes.accounts.origins.networks import Networks  # noqa: E402

TARGET = ROOT / "src" / "hospes" / "accounts" / "origins" / "data" / "networks.xz"
ABOUT = "NRO, RouteViews, DB-IP (CC BY 4.0), {version}"


def make(folders: list[Path]) -> None:
    draft = Draft()
    versions = set()
    for folder in folders:
        versions.add(json.loads((folder / "package.json").read_text())["version"])
        for path in sorted(folder.glob("*-ipv[46].csv")):
            print(f"{path.name}: {draft.read(path)} ranges")
    table = draft.table(ABOUT.format(version=", ".join(sorted(versions))))
    packed = lzma.compress(table, preset=9 | lzma.PRESET_EXTREME)
    TARGET.write_bytes(packed)
    print(f"{len(Networks(table))} ranges, {len(table)} bytes, {len(packed)} packed; {Networks(table).about}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    make([Path(name) for name in sys.argv[1:]])

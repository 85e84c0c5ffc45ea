"""Makes src/piwikcli/lists/regions.tsv: the names of the world's regions by country and code.

    python scripts/region_names.py

Needs `npm`, which fetches the packages named below. Of a code that several know, the first one's name counts:
the ISO 3166-2 codes as Matomo 5 names them (as of 2021), those that came later, and the FIPS 10-4 codes that visits
of old geolocation databases still have.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "piwikcli" / "lists" / "regions.tsv"
ISO = ("iso-3166@4.0.0", "iso-3166@4.4.0")
FIPS = "maxmind@0.6.0"

_ENTRY = re.compile(r"code: '([A-Z]{2})-([A-Z0-9]{1,3})',\s+name: (?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\")")
_LETTERS = ord("Z") + 1 - ord("0")


def main() -> None:
    names: dict[tuple[str, str], str] = {}
    older: set[tuple[str, str]] = set()
    licences = []
    for package in (*ISO, FIPS):
        with tempfile.TemporaryDirectory() as folder:
            fetched = _fetch(package, Path(folder))
            found = _fips(fetched) if package == FIPS else _iso(fetched)
            licence = next(path for path in fetched.iterdir() if path.name.lower() == "license")
            licences.append((package, licence.read_text(encoding="utf-8").strip()))
        older |= found.keys() - names.keys() if package == FIPS else set()
        for key, name in found.items():
            names.setdefault(key, name)
    lines = [f"# Made by scripts/{Path(__file__).name}: country, region code, name, and fips where it is one"]
    seen = set()
    for package, text in licences:
        lines += ["#", f"# {package}:"]
        shown = ["as above"] if text in seen else text.splitlines()
        lines += [f"#   {line}".rstrip() for line in shown]
        seen.add(text)
    rows = ["\t".join((*key, name, *(["fips"] if key in older else []))) for key, name in sorted(names.items())]
    TARGET.write_text("\n".join([*lines, *rows]) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(rows)} regions")


def _fetch(package: str, folder: Path) -> Path:
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
    archive = next(folder.glob("*.tgz"))
    subprocess.run(["tar", "xzf", archive.name], cwd=folder, check=True)
    return folder / "package"


def _iso(package: Path) -> dict[tuple[str, str], str]:
    text = (package / "2.js").read_text(encoding="utf-8")
    found = {(m[1].lower(), m[2]): re.sub(r"\\(.)", r"\1", m[3] or m[4]).strip() for m in _ENTRY.finditer(text)}
    assert len(found) == text.count("    code: '"), "a name was not understood"
    return found


def _fips(package: Path) -> dict[tuple[str, str], str]:
    text = (package / "lib" / "data" / "region_name_data.js").read_text(encoding="utf-8")
    countries = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return {
        (country.lower(), _fips_code(int(number))): name
        for country, regions in countries.items()
        for number, name in regions.items()
    }


def _fips_code(number: int) -> str:
    """The package has `05` as 5, and `A8` as a number from 100 on."""
    if number < 100:
        return f"{number:02}"
    first, second = divmod(number - 100, _LETTERS)
    return chr(first + ord("0")) + chr(second + ord("0"))


if __name__ == "__main__":
    main()

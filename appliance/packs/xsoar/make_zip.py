#!/usr/bin/env python3
"""Writes uploadable_packs.zip beside itself: the pack in the form in which Cortex XSOAR takes it, as `demisto-sdk upload -z` makes it. See README.md."""
import base64, io, json, pathlib, re, zipfile

here = pathlib.Path(__file__).resolve().parent
pack = here / "Packs" / "RhythmXEdge"
# The platform puts these modules before the code by itself.
OF_THE_PLATFORM = re.compile(r"^(?:import demistomock as demisto|from CommonServerPython import \*)[^\n]*\n", re.M)


def block(name, text):
    return f"{name}: |-\n" + "".join(f"  {line}".rstrip() + "\n" for line in text.rstrip("\n").split("\n"))


def unified(folder):
    """An integration as one file: code, picture and instructions are in the YAML."""
    name = folder.name
    read = lambda ending: (folder / f"{name}{ending}").read_text(encoding="utf-8")
    code = OF_THE_PLATFORM.sub("", read(".py"))
    picture = base64.b64encode((folder / f"{name}_image.png").read_bytes()).decode()
    lines = block("script", code).replace("\n  ", "\n    ")
    yml = read(".yml")
    assert yml.count("\n  script: '-'\n") == 1
    yml = yml.replace("\n  script: '-'\n", f"\n  {lines}")
    return yml + block("detaileddescription", read("_description.md")) + f"image: data:image/png;base64,{picture}\n"


def content():
    """Path in the pack's archive, and text."""
    facts = json.loads((pack / "pack_metadata.json").read_text(encoding="utf-8"))
    more = {"id": pack.name, "serverMinVersion": "6.6.0", "updated": facts["created"], "price": 0, "hidden": False, "dependencies": {}}
    yield "metadata.json", json.dumps({**facts, **more, "supportDetails": {"url": facts["url"], "email": facts["email"]}}, indent=4)
    for name in ("README.md", "pack_metadata.json"):
        yield name, (pack / name).read_text(encoding="utf-8")
    for folder in sorted((pack / "Integrations").iterdir()):
        yield f"Integrations/integration-{folder.name}.yml", unified(folder)
    for kind in ("Classifiers", "IncidentFields", "IncidentTypes", "Layouts", "Playbooks", "ReleaseNotes"):
        for path in sorted((pack / kind).iterdir()):
            if not path.name.endswith("_README.md"):
                yield f"{kind}/{path.name}", path.read_text(encoding="utf-8")


def add(archive, name, data):
    # Always the same bytes.
    archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


inner = io.BytesIO()
with zipfile.ZipFile(inner, "w") as archive:
    for path, text in content():
        add(archive, path, text)
with zipfile.ZipFile(here / "uploadable_packs.zip", "w") as archive:
    add(archive, f"{pack.name}.zip", inner.getvalue())
print(here / "uploadable_packs.zip")

"""Ask a desk for everything it has, and tell which files of the course it opened; run as a program.

python -m tests.desk_watched COURSE
"""

from __future__ import annotations

import sys
from pathlib import Path

opened: list[str] = []
#: Where keys are, and what is the trainer's alone.
KEYS = ("scenarios", "source", "solutions", "assignments", "submitted", "autograded", "feedback", "gradebook.db")


def note(event, values):
    """Keep the path of a file or folder that is opened or listed."""
    if event in ("open", "os.scandir", "os.listdir", "sqlite3.connect") and isinstance(values[0], str | bytes):
        opened.append(values[0].decode() if isinstance(values[0], bytes) else values[0])


def main(root: Path) -> None:
    """Drive every route of a desk on *root*."""
    import json  # noqa: PLC0415  (the hook comes before every import of ours)

    from starlette.testclient import TestClient  # noqa: PLC0415

    from singmuk.desk import settings  # noqa: PLC0415
    from singmuk.desk.app import create  # noqa: PLC0415

    sys.addaudithook(note)
    found = settings.read(root, {})
    client = TestClient(
        create(found), base_url=f"http://127.0.0.1:{found.port}", client=("127.0.0.1", 1), follow_redirects=True
    )
    answers = set()
    with client:
        service = client.app.state.service
        client.get("/my")
        token = service.secret.xsrf(client.cookies["singmuk-session"], "me")
        answers.add(client.post("/notice", data={"xsrf": token, "next": "/my"}).status_code)
        for name in ("pdpo-basics", "nine-kinds"):
            release = service.releases.get(name)
            place, api = f"/assignments/{name}", f"/api/assignments/{name}"
            write = next(one["id"] for one in release.items.values() if one["kind"] == "write")
            body = {"release": release.id, "response": "words", "confidence": None, "day": "2026-11-22"}
            headers = {"x-xsrf-token": token}
            asked = [client.put(f"{api}/responses/{write}", json=body, headers=headers)]
            hand_in = {"release": release.id, "token": "0" * 32}
            asked.append(client.post(f"{api}/hand-in", json=hand_in, headers=headers))
            for address in ("", "/plain", "/feedback", "/receipts/1"):
                asked.append(client.get(place + address))
            asked.append(client.get(f"{api}/responses"))
            answers |= {one.status_code for one in asked}
        operations = ("/healthz", "/livez", "/metrics", "/openapi.json")
        for address in ("/", "/my", "/book/", "/book", "/static/desk.js", *operations):
            answers.add(client.get(address).status_code)
    places = [root / name for name in KEYS] + [Path(__file__).parents[1] / name for name in KEYS]
    full = [Path(one).absolute() for one in opened]
    touched = sorted({str(one) for one in full for place in places if one.is_relative_to(place)})
    releases = any(one.is_relative_to(root / "exercises") for one in full)
    print(json.dumps({"opened": len(opened), "keys": touched, "releases": releases, "answers": sorted(answers)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

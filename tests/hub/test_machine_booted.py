"""The guide for one machine, done: systemd runs the units and the seats, and people come in through the front."""

from __future__ import annotations

import os
import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.hub import booted, burglar, journey
from tests.hub.deployed import HOST, commands, deployed

pytestmark = pytest.mark.browser
#: What the guide says is running at the end.
UNITS = [
    *(f"singmuk-{part}@default.service" for part in ("desk", "room", "grader")),
    *(
        "singmuk-proxy.service",
        "singmuk-hub.service",
        "singmuk-culler.service",
        "singmuk-backup.timer",
        "nginx.service",
    ),
]
#: An address of the machine that is not its loopback, as any other machine's would be.
OUTSIDE = "192.0.2.1"
CONNECT = """
    import errno, socket
    answer = []
    for host in {hosts!r}:
        try:
            socket.create_connection((host, {port}), 3).close()
            answer.append("open")
        except OSError as fault:
            answer.append(errno.errorcode.get(fault.errno, str(fault)))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, pages):
    booted.require()
    folder = tmp_path_factory.mktemp("machine")
    place = folder / f"machine-{os.getpid()}"
    place.mkdir()
    with booted.machine(place) as machine, deployed(machine, folder, pages) as found:
        yield found


@pytest.fixture(scope="module")
def open_page(site, playwright, tmp_path_factory, chromium_path):
    """Give a function that opens the page of one person more, on the machine's network."""
    rules = f"--host-resolver-rules=MAP *.example 127.0.0.1, MAP {HOST} 127.0.0.1"
    program = site.machine.chromium(tmp_path_factory.mktemp("browser"), chromium_path)
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", rules])

    def opened():
        page = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(90_000)
        return page

    yield opened
    browser.close()


@pytest.fixture(scope="module")
def people(site, open_page, course):
    """Give the pages of a participant at the desk, of one in a seat, and of the trainer, after the whole way."""
    item = course.scenarios[journey.ITEM]
    right, wrong = item.best(), next(one.id for one in item.choices if one.id != item.best())
    kim, lee, tara = (open_page() for _ in range(3))
    assert re.search(r"[0-9a-f]{64}", journey.answer_on_page(kim, site, "kim", wrong))
    journey.open_seat(lee, site, "lee")
    journey.answer_in_seat(lee, right)
    journey.sign_in(tara, site, "tara", site.part("room"))
    told = journey.do_in_room(tara, "collect", "grade", "release")
    assert [said.splitlines()[-1] for said in told] == ["New: 2", "Graded: 2", "Released: 2"], told
    return SimpleNamespace(kim=kim, lee=lee, tara=tara)


@pytest.fixture(scope="module")
def seats(site, people):
    """Give the seat of lee, who will try things, and kim's beside it."""
    people.kim.goto(f"{site.address}hub/spawn")
    people.kim.locator(".jp-RenderedMarkdown h1", has_text="Exercises").first.wait_for()
    return SimpleNamespace(lee=site.seat("lee"), kim=site.seat("kim"))


def test_the_guide_leads_from_a_bare_machine_to_feedback(site, people):
    people.tara.goto(site.part("grader"))
    expect(people.tara.get_by_role("link", name=journey.NAME, exact=True).first).to_be_visible()
    assert "0 of 26 points" in journey.read_feedback(people.kim, site)
    assert "2 of 26 points" in journey.read_feedback(people.lee, site)
    for unit in UNITS:
        assert site.show(unit, "ActiveState") == "active", unit
    # Nothing had to be started a second time but what waits for the hub.
    assert {unit: site.show(unit, "NRestarts") for unit in UNITS[:5]} == dict.fromkeys(UNITS[:5], "0")
    said = site.machine.do("/opt/singmuk/venv/bin/singmuk hub check /etc/singmuk/jupyterhub_config.py")
    assert said == "All good."


def test_a_program_that_does_not_come_up_is_named_and_what_it_said(site, people):
    site.machine.do("mv /srv/singmuk/default/exercises /srv/singmuk/default/elsewhere")
    try:
        said = site.machine.do("SINGMUK_PATIENCE=15 /opt/singmuk/bin/apply", fails=True)
    finally:
        site.machine.do("mv /srv/singmuk/default/elsewhere /srv/singmuk/default/exercises")
    assert "singmuk-desk@default.service (http://127.0.0.1:810" in said
    assert "see `journalctl -u singmuk-desk@default.service`" in said and "Traceback" not in said
    assert "singmuk-hub.service (" not in said
    ready = "systemctl restart singmuk-desk@default && /opt/singmuk/venv/bin/python -m singmuk.hub.machine.ready"
    assert "All answer. People come in at https://course.example" in site.machine.do(ready)


def test_systemd_holds_a_seat_to_its_account_and_its_limits(site, seats):
    assert seats.lee.account != seats.kim.account
    for seat in (seats.lee, seats.kim):
        assert re.fullmatch(r"seat-[a-z2-7]{16}", seat.account) and seat.account in str(seat.home)
        assert site.show(seat.unit, "MemoryMax") == str(768 * 2**20)
        assert site.show(seat.unit, "Slice") == "singmuk-seats.slice"
        assert seat.run("import os, pwd; answer = pwd.getpwuid(os.getuid()).pw_name") == seat.account


def test_a_program_that_takes_too_much_ends_and_the_seat_goes_on(site, seats):
    before = site.show(seats.kim.unit, "MainPID")
    take = """
        import subprocess, sys
        code = "taken = [bytearray(b'x' * (1 << 20)) for _ in range({})]"
        answer = [subprocess.run([sys.executable, "-c", code.format(many)]).returncode for many in (300, 1500)]
    """
    assert seats.kim.run(take) == [0, -9]
    assert seats.kim.run("answer = 6 * 7") == 42 and seats.lee.run("answer = 1") == 1
    assert site.show(seats.kim.unit, "MainPID") == before
    # As many processes as one likes are not to be had either.
    fork = """
        import errno, os, signal
        children, answer = [], None
        try:
            while len(children) < 400:
                child = os.fork()
                if not child:
                    signal.pause()
                children.append(child)
        except OSError as fault:
            answer = errno.errorcode[fault.errno]
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    """
    assert seats.kim.run(fork) == "EAGAIN"


def test_a_seat_sees_its_own_home_and_nothing_else_that_is_kept(site, seats):
    lee = seats.lee
    assert lee.run("import os; answer = os.listdir('/var/lib/singmuk/homes')") == [lee.account]
    assert lee.run("import os; answer = os.listdir('/var/lib/singmuk')") == ["homes"]
    gone = ["/var/lib/singmuk/hub", "/var/lib/singmuk/course", "/var/lib/singmuk/desk", "/var/lib/singmuk/backup"]
    closed = ["/etc/singmuk/hub.env", "/etc/singmuk/roster.yml", "/etc/singmuk/services", "/root/singmuk"]
    for path in (*gone, str(seats.kim.home), *closed):
        assert lee.do(burglar.read, path) in ("ENOENT", "EACCES"), path
        site.machine.do(f"test -e {path}")
    assert lee.do(burglar.read, lee.home) == lee.do(burglar.read, "/srv/singmuk/default/exercises") == "open"
    for folder in ("/etc", "/opt/singmuk", "/srv/singmuk/default", "/var/lib/singmuk", "/usr/bin", "/run", "/dev"):
        assert lee.do(burglar.write, folder) in ("EROFS", "EACCES", "EPERM"), folder
    site.machine.do("touch /tmp/of-root")
    assert lee.do(burglar.write, "/tmp") == "open" and lee.do(burglar.read, "/tmp/of-root") == "ENOENT"


def test_a_seat_sees_no_process_but_its_own(site, seats):
    seen = seats.lee.do(burglar.commands)
    assert any("singmuk.hub.seat" in one or "jupyterhub.singleuser" in one for one in seen)
    assert not [one for one in seen if "configurable-http-proxy" in one or "singmuk desk" in one]
    assert seats.lee.do(burglar.read, f"/proc/{seats.kim.pid}/environ") in ("ENOENT", "EACCES")
    assert seats.lee.do(burglar.strike, int(seats.kim.pid)) == "EPERM"


def test_a_seat_reaches_this_machine_and_no_other(site, seats):
    hosts = ["127.0.0.1", OUTSIDE]
    assert seats.lee.run(CONNECT.format(hosts=hosts, port=443)) in (["open", "timed out"], ["open", "EPERM"])
    # It is there: nginx listens at every address, and who is no seat gets in.
    site.machine.do(f"curl -sk -o /dev/null https://{OUTSIDE}/")


def test_the_place_of_a_service_that_is_down_cannot_be_taken(site, seats):
    ports = {"singmuk-desk@default": 810, "singmuk-room@default": 811, "singmuk-proxy": 801}
    for unit, port in ports.items():
        site.machine.do(f"systemctl stop {unit}")
        try:
            assert seats.lee.do(burglar.bind, "127.0.0.1", port) == "EACCES", unit
        finally:
            site.machine.do(f"systemctl start {unit}")
    assert seats.lee.do(burglar.bind, "127.0.0.1", 8500) == "open"
    site.machine.do("/opt/singmuk/venv/bin/python -m singmuk.hub.machine.ready")


def test_hub_and_desk_are_struck_down_and_people_go_on(site, seats, people):
    before = site.show(seats.lee.unit, "MainPID")
    site.machine.do("systemctl kill --signal=KILL singmuk-hub singmuk-desk@default")
    site.machine.do("/opt/singmuk/venv/bin/python -m singmuk.hub.machine.ready")
    assert site.show("singmuk-hub", "NRestarts") == site.show("singmuk-desk@default", "NRestarts") == "1"
    assert site.show(seats.lee.unit, "MainPID") == before and seats.lee.run("answer = 6 * 7") == 42
    assert "0 of 26 points" in journey.read_feedback(people.kim, site)


def test_backup_all_gone_and_back_by_the_guide(site, people):
    site.machine.do("systemctl start singmuk-backup.service && ls /var/lib/singmuk/backup/default/*.tar.gz")
    lines = [line for line in commands(7).splitlines() if not line.startswith("systemctl start singmuk-backup")]
    assert sum("restore BACKUP" in line for line in lines) == 2 and lines[-1] == "/opt/singmuk/bin/apply"
    steps = "; ".join(line.partition("  #")[0] for line in lines).replace("BACKUP", "/root/backup")
    # What a new machine has after steps 3 and 5: nothing of the old one's settings, people or answers.
    site.machine.do(f"""
        systemctl stop 'singmuk-*'
        mv /var/lib/singmuk/backup /root/backup
        rm -rf /etc/singmuk /var/lib/singmuk/hub /var/lib/singmuk/desk/default/* /var/lib/singmuk/course/default/state
        cd /root/singmuk && hub/machine/install.sh --no-programs && cd /
        {steps}
    """)
    assert "0 of 26 points" in journey.read_feedback(people.kim, site)
    people.tara.goto(site.part("room"))
    told = journey.do_in_room(people.tara, "collect")
    assert "As before: 2" in told[0], told

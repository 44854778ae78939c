"""A drop folder on a real server, S3 or SFTP: listed, read while it changes or the line is cut, and nothing lost."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from sanoscope import logs
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import SanoscopeError
from sanoscope.operate import drop as drops
from sanoscope.operate.drop import CHANGED, CUT, GONE, SILENT, UNNAMED, drop_at, fetch, news, remember
from sanoscope.operate.refresh import rehearse
from sanoscope.operate.report import NOTHING, PUBLISHED, STOPPED
from sanoscope.workspace import Workspace
from tests.operate.servers import PASSWORD, PASSWORDS, S3, USER, Server, s3, sftp
from tests.operate.small import drop, figures, place, run

pytest.importorskip("s3fs")
BIG = os.urandom(5 << 18)
"""More than is read at once."""


@pytest.fixture(params=["s3", "sftp"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Each kind of server, with an empty folder."""
    import s3fs  # noqa: PLC0415 - skipped where it is not

    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 2)
    with s3(monkeypatch) if request.param == "s3" else sftp(tmp_path / "serveur", monkeypatch) as made:
        yield made


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of this process, at its most talkative."""
    hook, stream = sys.excepthook, io.StringIO()
    yield stream
    sys.excepthook = hook
    logs.silence()
    logging.captureWarnings(False)
    logging.getLogger().handlers.clear()


def deliver(server: Server, folder: Path, *counts: int) -> None:
    """Put the files of the hospitals on a server."""
    drop(folder, *counts)
    for path in sorted(folder.iterdir()):
        server.put(f"samedi/{path.name}", path.read_bytes())


def opened(server: Server, root: Path) -> Workspace:
    made = place(root)
    return replace(made, settings=replace(made.settings, depot=server.address))


def taken(server: Server, root: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Fetch what is new and remember it: what was read, what was left."""
    there, scratch = drop_at(server.address, root), root / "essai"
    found, wanted = news(there, server.address, root)
    fetched = fetch(there, found, wanted, scratch)
    remember(server.address, root, fetched)
    return {name: (scratch / name).read_bytes() for name in fetched.lus}, dict(fetched.laisses)


def test_what_is_on_the_server_is_listed_read_once_and_published(
    server: Server, tmp_path: Path, log: io.StringIO
) -> None:
    workspace = opened(server, tmp_path)
    logs.configure(replace(workspace.settings, niveau="detail"), log)
    deliver(server, tmp_path / "ici", 40, 30)
    server.put(".caché", b"x")
    server.put("reference/.caché", b"x")
    dry = rehearse(workspace, catalogue())
    assert (dry.trouves, len(dry.lus)) == (4, 4)
    first = run(workspace)
    assert (first.etat, first.recus, first.trouves, first.laisses) == (PUBLISHED, 4, 4, ()), first.motif
    assert [row["journees"] for row in figures(workspace)] == ["200", "150", "350"]
    assert (run(workspace).etat, run(workspace).lus) == (NOTHING, ())
    deliver(server, tmp_path / "ici", 41)
    again = run(workspace)
    assert (again.etat, figures(workspace)[0]["journees"]) == (PUBLISHED, "205"), again.motif
    server.line.down()
    stopped = run(workspace)
    assert stopped.etat == STOPPED
    assert "depot-in" in stopped.motif
    assert figures(workspace)[0]["journees"] == "205"
    server.line.up()
    assert run(workspace).etat == NOTHING
    told = log.getvalue() + "".join(
        path.read_text(encoding="utf-8") for path in workspace.operations.rglob("*") if path.is_file()
    )
    assert len(told) > 1000
    assert [secret for secret in server.secrets if secret in told] == []


def test_a_file_that_changes_between_the_list_and_the_reading_is_read_again(server: Server, tmp_path: Path) -> None:
    server.put("a.rha", b"one")
    there, scratch = drop_at(server.address, tmp_path), tmp_path / "essai"
    found, wanted = news(there, server.address, tmp_path)
    server.put("a.rha", b"another")
    fetched = fetch(there, found, wanted, scratch)
    remember(server.address, tmp_path, fetched)
    assert (scratch / "a.rha").read_bytes() == b"another"
    assert taken(server, tmp_path) == ({"a.rha": b"another"}, {})
    assert taken(server, tmp_path) == ({}, {})
    server.put("a.rha", b"a third")
    server.put("b.rha", b"gone")
    found, wanted = news(drop_at(server.address, tmp_path), server.address, tmp_path)
    server.delete("b.rha")
    assert fetch(there, found, wanted, scratch).laisses == {"b.rha": GONE}


def test_a_file_that_changes_while_it_is_read_is_left_with_those_that_go_with_it(
    server: Server, tmp_path: Path
) -> None:
    name, beside = "290000017.2023.12.SMR.rha", "290000017.2023.12.SMR.ano"
    server.put(beside, b"ano")
    server.put(name, BIG)
    server.put("290000025.2023.12.SMR.rha", b"whole")
    there = drop_at(server.address, tmp_path)
    found, wanted = news(there, server.address, tmp_path)
    server.line.after(len(BIG) // 2, lambda: server.put(name, BIG + b"more"))
    fetched = fetch(there, found, wanted, tmp_path / "essai")
    assert fetched.laisses == {name: CHANGED, beside: "va avec un fichier laissé"}
    assert list(fetched.lus) == ["290000025.2023.12.SMR.rha"]
    remember(server.address, tmp_path, fetched)
    read, left = taken(server, tmp_path)
    assert (read, left) == ({name: BIG + b"more", beside: b"ano"}, {})


def test_a_line_that_is_cut_once_loses_nothing(server: Server, tmp_path: Path) -> None:
    server.put("a.rha", b"a")
    server.put("b.rha", BIG)
    server.put("c.rha", b"c")
    there = drop_at(server.address, tmp_path)
    found, wanted = news(there, server.address, tmp_path)
    server.line.after(len(BIG) // 2)
    fetched = fetch(there, found, wanted, tmp_path / "essai")
    assert (list(fetched.lus), fetched.laisses) == (["a.rha", "b.rha", "c.rha"], {})
    assert (tmp_path / "essai" / "b.rha").read_bytes() == BIG


def test_a_line_that_is_cut_for_good_leaves_what_it_did_not_give_and_says_so(server: Server, tmp_path: Path) -> None:
    names = [f"{letter}.rha" for letter in "abcdef"]
    for name in names:
        server.put(name, BIG if name == "b.rha" else b"x")
    there = drop_at(server.address, tmp_path)
    found, wanted = news(there, server.address, tmp_path)
    server.line.after(len(BIG) // 2, server.line.down)
    fetched = fetch(there, found, wanted, tmp_path / "essai")
    remember(server.address, tmp_path, fetched)
    assert list(fetched.lus) == ["a.rha"]
    assert fetched.laisses == dict(zip(names[1:], [CUT, CUT, CUT, SILENT, SILENT], strict=True))
    assert [path.name for path in (tmp_path / "essai").iterdir()] == ["a.rha"]
    with pytest.raises(SanoscopeError) as refused:
        taken(server, tmp_path)
    assert refused.value.code in ("depot-injoignable", "depot-introuvable")
    server.line.up()
    read, left = taken(server, tmp_path)
    assert (sorted(read), left) == (names[1:], {})
    assert read["b.rha"] == BIG


def test_a_refresh_cut_off_counts_what_it_left_and_the_next_one_has_it(server: Server, tmp_path: Path) -> None:
    workspace = opened(server, tmp_path)
    deliver(server, tmp_path / "ici", 40, 30)
    names = sorted(path.name for path in (tmp_path / "ici").iterdir())
    taking = drops._take

    def cut(there: drops.Drop, name: str, target: Path) -> str:
        if name.endswith(names[2]):
            server.line.down()
        return taking(there, name, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drops, "_take", cut)
        first = run(workspace)
    assert (first.etat, first.code, first.trouves, len(first.lus), len(first.laisses)) == (PUBLISHED, 5, 4, 2, 2)
    assert {one.detail for one in first.laisses} == {CUT}
    server.line.up()
    second = run(workspace)
    assert (second.etat, len(second.lus), second.laisses) == (PUBLISHED, 2, ()), second.motif
    assert [row["journees"] for row in figures(workspace)] == ["200", "150", "350"]


@pytest.mark.parametrize("wrong", ["password", "name"])
def test_who_is_not_let_in_is_told_without_the_password(
    server: Server, tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("a.rha", b"x")
    if isinstance(server, S3):
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY" if wrong == "password" else "AWS_ACCESS_KEY_ID")
    else:
        server.address = server.address.replace(PASSWORD if wrong == "password" else USER, "un-autre")
    with pytest.raises(SanoscopeError) as refused:
        drop_at(server.address, tmp_path).files()
    assert refused.value.code == "depot-injoignable"
    assert refused.value.__cause__ is None
    for secret in (*server.secrets, "un-autre"):
        assert secret not in str(refused.value)


# each its own ---------------------------------------------------------------------------------------------------------


def test_an_object_that_is_still_sent_in_parts_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3(monkeypatch) as server:
        server.put("a.rha", b"x")
        at = {"Bucket": server.bucket, "Key": "depot/b.rha"}
        sending = server.client.create_multipart_upload(**at)["UploadId"]
        part = server.client.upload_part(**at, PartNumber=1, UploadId=sending, Body=BIG)
        there = drop_at(server.address, tmp_path)
        assert list(there.files()) == ["a.rha"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        server.client.complete_multipart_upload(**at, UploadId=sending, MultipartUpload=parts)
        assert list(there.files()) == ["a.rha", "b.rha"]


def test_keys_that_are_no_names_of_files_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that leads out of the folder, the marker of a folder, a file and a folder of one name, a name too long."""
    with s3(monkeypatch) as server:
        long = "x" * 300
        for key in ("", "samedi/", "../dehors.rha", "a/../../dehors.rha", "n", "n/m.rha", long, "bon.rha"):
            server.client.put_object(
                Bucket=server.bucket, Key=f"depot/{key}", Body=b"x" if key[-1:] != "/" and key else b""
            )
        read, left = taken(server, tmp_path)
        assert set(read) - {"n", "n/m.rha"} == {"bon.rha"}
        assert left.pop(long) == UNNAMED
        assert set(left.values()) == {UNNAMED}
        assert set(read) | set(left) == {"bon.rha", "n", "n/m.rha"}
    assert list(tmp_path.rglob("*dehors*")) == []


def test_a_file_still_being_written_is_left_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sftp(tmp_path / "serveur", monkeypatch) as server:
        server.put("a.rha", BIG)
        path = server.root / "depot" / "a.rha"

        def grow() -> None:
            with path.open("ab") as stream:
                stream.write(b"suite")

        there = drop_at(server.address, tmp_path)
        found, wanted = news(there, server.address, tmp_path)
        server.line.after(len(BIG) // 2, grow)
        fetched = fetch(there, found, wanted, tmp_path / "essai")
        remember(server.address, tmp_path, fetched)
        assert fetched.laisses == {"a.rha": CHANGED}
        assert taken(server, tmp_path) == ({"a.rha": BIG + b"suite"}, {})


def test_a_server_whose_key_is_not_known_is_told_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sftp(tmp_path / "serveur", monkeypatch) as server:
        server.put("a.rha", b"x")
        PASSWORDS.clear()
        assert list(drop_at(server.address, tmp_path).files()) == ["a.rha"]
        assert PASSWORDS == [PASSWORD]
        known = tmp_path / "serveur" / "maison" / ".ssh" / "known_hosts"
        other = paramiko.ECDSAKey.generate()
        for line in ("", f"[127.0.0.1]:{server.line.port} {other.get_name()} {other.get_base64()}\n"):
            known.write_text(line, encoding="utf-8")
            with pytest.raises(SanoscopeError) as refused:
                drop_at(server.address, tmp_path)
            assert refused.value.code == "depot-injoignable"
            assert "known_hosts" in refused.value.todo
        assert PASSWORDS == [PASSWORD]


def test_the_key_of_the_account_lets_in_without_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sftp(tmp_path / "serveur", monkeypatch) as server:
        server.put("a.rha", b"x")
        PASSWORDS.clear()
        server.account.write_private_key_file(str(tmp_path / "serveur" / "maison" / ".ssh" / "id_ecdsa"))
        assert list(drop_at(server.address.replace(f":{PASSWORD}", ""), tmp_path).files()) == ["a.rha"]
        assert PASSWORDS == []


def test_a_folder_that_cannot_be_listed_is_an_error_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sftp(tmp_path / "serveur", monkeypatch) as server:
        server.put("samedi/a.rha", b"x")
        server.put("dimanche/b.rha", b"x")
        there = drop_at(server.address, tmp_path)
        assert len(there.files()) == 2
        server.refused = "samedi"
        with pytest.raises(SanoscopeError) as refused:
            there.files()
        assert refused.value.code == "depot-injoignable"

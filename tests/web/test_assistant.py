"""An assistant talks to ``sanoscope assistant`` over stdio, as MCP has it: it finds a table, quotes it with masks."""

import os
import re
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import anyio
import pytest
from mcp import Client as Assistant
from mcp import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from typer.testing import CliRunner

from sanoscope import Client
from sanoscope.cli.main import app
from sanoscope.client.assistant import READING, Tools, server
from sanoscope.workspace import Workspace

MASKED = {"annee": 2023, "activite": "racine:04M05"}
Talk = Callable[[Assistant], Any]


def talk(transport: Any, said: Talk) -> Any:
    """Have a conversation with a server; return what it came to."""

    async def conversation() -> Any:
        async with AsyncExitStack() as stack:
            return await said(await stack.enter_async_context(Assistant(transport)))

    return anyio.run(conversation)


def text(result: Any) -> str:
    """The text of an answer."""
    (part,) = result.content
    return str(part.text)


def test_a_conversation_over_stdio_ends_with_a_table_that_can_be_quoted(site: str) -> None:
    async def said(assistant: Assistant) -> tuple[set[str], str, str, Any, str]:
        names = {tool.name for tool in (await assistant.list_tools()).tools}
        found = text(await assistant.call_tool("chercher", {"texte": "Finistère"}))
        table = await assistant.call_tool("lire_tableau", {"slug": "cartographie-activite-mco", "criteres": MASKED})
        refused = await assistant.call_tool("lire_tableau", {"slug": "casemix-mco", "criteres": {"anee": 2023}})
        notice = await assistant.read_resource("sanoscope://notices/casemix-mco")
        return names, found, text(table), refused, str(notice.contents[0].text)  # type: ignore[union-attr]

    environment = {name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "sanoscope", "assistant", "--adresse", site], env=environment
    )
    names, found, table, refused, notice = talk(stdio_client(command), said)
    assert names == {
        "chercher",
        "lister_restitutions",
        "decrire_restitution",
        "criteres",
        "lire_tableau",
        "editions",
        "comparer_editions",
    }
    assert "zone=departement:29" in found and "casemix-mco" in found
    assert "masqué (1 à 10)" in table and "environ" in table and "secret" in table
    assert f"{site}/restitutions/cartographie-activite-mco?annee=2023&activite=racine:04M05&edition=petite" in table
    assert "À citer ainsi : Sanoscope." in table
    assert refused.is_error
    assert "Vouliez-vous dire « annee »" in text(refused) and "[critere-inconnu]" in text(refused)
    assert "Source" in notice


@pytest.fixture(scope="module")
def tools(small: Workspace) -> Tools:
    return Tools(Client(small.root))


def test_every_cell_says_its_state_in_words_and_no_row_is_lost(tools: Tools, small: Workspace) -> None:
    answer = Client(small.root).demander("cartographie-activite-mco", **MASKED)
    lines = [line for line in tools.lire_tableau("cartographie-activite-mco", MASKED).splitlines() if line[:1] == "|"]
    rows = [line.strip("| ").split(" | ") for line in lines[2:]]
    assert len(rows) == len(answer)
    measures = [one.nom for one in answer.colonnes if one.genre == "mesure"]
    words = {"masque": "masqué (1 à 10)", "secret": "secret", "indisponible": "indisponible"}
    for row, states in zip(rows, answer.etats.select(measures).rows(), strict=True):
        for said, state in zip(row[-len(measures) :], states, strict=True):
            if state in words:
                assert said == words[state]
            else:
                assert bool(re.match(r"environ \d", said)) == (state == "approche")
                assert bool(re.match(r"-?\d", said)) == (state == "exact")


def test_rows_are_given_in_pages_and_totals_always(tools: Tools) -> None:
    whole = tools.lire_tableau("cartographie-activite-mco", MASKED)
    first = tools.lire_tableau("cartographie-activite-mco", MASKED, lignes=5)
    second = tools.lire_tableau("cartographie-activite-mco", MASKED, lignes=200, a_partir_de=6)
    assert "Lignes 1 à 5 sur 12 ; la suite par a_partir_de=6." in first
    details = [set(re.findall(r"^\| (\d{9})", one, re.M)) for one in (whole, first, second)]
    assert details[0] == details[1] | details[2] and not details[1] & details[2]
    assert all("| Total" in one for one in (whole, first, second))


@pytest.mark.parametrize(
    ("tool", "asked", "words"),
    [
        ("lire_tableau", {"slug": "casemix"}, "casemix-mco"),
        ("lire_tableau", {"slug": "casemix-mco", "lignes": 0}, "1 à 200"),
        ("lire_tableau", {"slug": "casemix-mco", "a_partir_de": 99}, "a_partir_de"),
        ("lire_tableau", {"slug": "casemix-mco", "criteres": {"version": "complete"}}, "sécurisé"),
        ("lister_restitutions", {"theme": "sante"}, "activite"),
        ("decrire_restitution", {"slug": "rien"}, "rien"),
        ("chercher", {"texte": "?"}, "ni lettre ni chiffre"),
    ],
)
def test_a_refusal_teaches(small: Workspace, tool: str, asked: dict[str, Any], words: str) -> None:
    async def said(assistant: Assistant) -> Any:
        return await assistant.call_tool(tool, asked)

    result = talk(server(Client(small.root)), said)
    assert result.is_error
    assert words in text(result)


def test_what_moved_between_editions_is_said_in_words() -> None:
    class Moved:
        def ecarts(self, slug: str, avec: str, **_: object) -> dict[str, Any]:
            sides = [("exact", 100), ("approche", 120), ("masque", None)]
            seen = [{"etat": state, "valeur": value} for state, value in sides]
            row = {"annee": 2023, "ligne": ["04", "Pneumologie"], "mesure": "sejours", "evolution": None}
            counts = dict.fromkeys(("chiffres", "nouveaux", "disparus", "changes", "approches", "masques"), 2)
            return {
                **{"restitution": slug, "requete": "annee=2023", "filigrane": "", "suite": True, **counts},
                "de": {"nom": avec, "date": "2024-01-01"},
                "a": {"nom": "apres", "date": "2024-02-01"},
                "ecarts": [
                    {**row, "avant": seen[0], "apres": {"etat": "exact", "valeur": 103}, "ecart": 3},
                    {**row, "avant": seen[1], "apres": seen[2], "ecart": None},
                ],
            }

    told = Tools(cast("Client", Moved())).comparer_editions("casemix-mco", "avant", {"annee": 2023})
    assert "De l'édition avant (2024-01-01) à l'édition apres (2024-02-01)" in told
    assert "- 2023, 04 / Pneumologie, sejours : 100 → 103 (écart +3)\n" in told
    assert "- 2023, 04 / Pneumologie, sejours : environ 120 → masqué (1 à 10)\n" in told
    assert told.endswith("précisez les critères.")


def test_nothing_moved_from_an_edition_to_itself(tools: Tools) -> None:
    assert " : 0 chiffres exacts changés sur " in tools.comparer_editions("casemix-mco", "petite", {"annee": 2023})


def test_it_says_what_there_is_and_how_to_read_it(small: Workspace) -> None:
    async def said(assistant: Assistant) -> tuple[str, str, str, str]:
        listed = text(await assistant.call_tool("lister_restitutions", {"champ": "had"}))
        described = text(await assistant.call_tool("decrire_restitution", {"slug": "taux-de-recours-mco"}))
        editions = text(await assistant.call_tool("editions", {}))
        reading = await assistant.read_resource("sanoscope://lecture")
        with pytest.raises(MCPError):
            await assistant.read_resource("sanoscope://notices/rien")
        return listed, described, editions, str(reading.contents[0].text)  # type: ignore[union-attr]

    listed, described, editions, reading = talk(server(Client(small.root)), said)
    assert "casemix-had" in listed and "casemix-mco" not in listed
    assert "taux_standardise" in described and "## Notice" in described
    assert "petite" in editions and "répond par défaut" in editions
    assert reading == READING and "additionn" in reading


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "sanoscope.client.assistant", raising=False)
    told = CliRunner().invoke(app, ["assistant", "--adresse", "http://127.0.0.1:9"])
    assert told.exit_code == 1
    assert "pip install 'sanoscope[assistant]'" in told.stderr
    told = CliRunner().invoke(app, ["assistant", "--adresse", "http://127.0.0.1:9", "--workspace", "."])
    assert told.exit_code == 1 and "pas les deux" in told.stderr

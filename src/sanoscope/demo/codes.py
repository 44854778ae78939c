"""Real codes, three a CMD, so that the lines of the synthetic country look like lines.

Diagnoses are of ATIH's CIM-10 and admitted as principal diagnosis; acts are of the CCAM. A list is short on purpose:
the demonstration claims nothing about who is treated for what.
"""

DIAGNOSES = {
    "01": ("I639", "G409", "S060"), "02": ("H259", "H353", "H360"), "03": ("J350", "K011", "J342"),
    "04": ("J189", "J440", "C349"), "05": ("I5001", "I489", "I200"), "06": ("K409", "K635", "K573"),
    "07": ("K802", "K859", "K703"), "08": ("M171", "S7200", "M161"), "09": ("L031", "L720", "C509"),
    "10": ("E1198", "E1168", "E042"), "11": ("N390", "N201", "C679"), "12": ("N40", "C61", "N433"),
    "13": ("D259", "N840", "N819"), "14": ("O800", "O700", "O021"), "15": ("Z380", "P071", "P599"),
    "16": ("D649", "D500", "D70"), "17": ("C833", "C900", "C910"), "18": ("A419", "B349", "A419"),
    "19": ("F329", "F059", "F432"), "20": ("F100", "F102", "F101"), "21": ("T509", "T784", "T424"),
    "22": ("T300", "T202", "T300"), "23": ("Z512", "R104", "R55"), "25": ("B24+9", "B24+1", "B238"),
    "26": ("T065", "T068", "S2710"), "27": ("Z940", "Z944", "T861"), "28": ("Z491", "Z511", "Z5101"),
    "90": ("Z769", "Z769", "Z769"),
}  # fmt: skip
"""CIM-10 codes by CMD."""

ASSOCIATED = (
    "I10", "E1198", "I489", "N189", "J449", "E6699", "Z8670", "D649", "F329", "I258", "Z501", "E785", "E780", "Z921",
    "Z864", "J961",
)  # fmt: skip
"""CIM-10 codes of associated diagnoses; more of them than a stay has."""

_USUAL = ("DEQP003", "ZBQK002", "ZCQH001")
ACTS = {
    "01": ("ACQK001", "ACQN001", "AHPA009"), "02": ("BFGA427", "BGQP002", "BFGA427"),
    "03": ("FAFA002", "HBGD038", "FAFA015"), "04": ("GEQE007", "ZBQK002", "ZBQH001"),
    "05": ("DDQH009", "DDAF006", "DZQM006"), "06": ("HHQE005", "HEQE002", "LMMA017"),
    "07": ("HMFC004", "ZCQM008", "ZCQH001"), "08": ("NEKA020", "NFFC004", "MCCA001"),
    "09": ("QZFA036", "QEFA004", "QZMA001"), "10": ("KCFA005", "DEQP003", "ZCQM008"),
    "11": ("JCAE001", "JANM001", "ZCQM008"), "12": ("JGNE171", "JGFA006", "ZCQM008"),
    "13": ("JKFC005", "ZCQM008", "JKFC005"), "14": ("JQGD010", "JQGD012", "JQGA002"),
    "16": ("FELF011", "DEQP003", "FELF011"), "26": ("GELD004", "GLLD015", "EQLF003"),
    "28": ("JVJF004", "ZZNL054", "JVJF008"),
}  # fmt: skip
"""CCAM codes by CMD; the usual examinations elsewhere."""


def acts_of(cmd: str) -> tuple[str, ...]:
    """Return the three acts of a CMD."""
    return ACTS.get(cmd, _USUAL)

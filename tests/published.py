"""Small published tables written by hand, in the forms of the catalogue's sources."""

import json
from pathlib import Path

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import publication
from sanoscope.edition.published import build_published
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.workspace import Workspace

HEADER = (
    "finess,raison_sociale,categorie,reg_code,dep_code,periode,cm,gn,gme,nb_journees_total,nb_journees_hc,"
    "nb_journees_hp,sexe_ratio,age_moyen,avq_physique,avq_relationnel,nb_actes_csarr"
)
A, B, C = (
    "290000017,CLINIQUE A,Privé,53,29,2025-12",
    "290000025,HOPITAL B,CH,53,29,2025-06",
    "350000019,HOPITAL C,CH,53,35,2025-12",
)
NOTHING = "NA,NA,NA,NA,NA"
CUBE = f"""{HEADER}
{A},,,,900,700,200,55.1%,73.12,10.15,4.03,3.38
{A},01,,,900,700,200,55.1%,73.12,10.15,4.03,3.38
{A},01,0106,,900,700,200,55.1%,73.12,10.15,4.03,3.38
{B},,,,300,NA,1 à 10,40%,60,8,3,1
{B},01,,,1 à 10,0,1 à 10,{NOTHING}
{B},01,0106,,1 à 10,0,1 à 10,{NOTHING}
{B},02,,,292,292,0,41%,61,8,3,1
{C},,,,50,50,0,100%,37,5.66,5.18,3.05
{C},01,,,50,50,0,100%,37,5.66,5.18,3.05
{C},01,0106,,50,50,0,100%,37,5.66,5.18,3.05
"""
"""Three establishments; B has 1 to 10 days in CM 01, and its full days are left out beside its masked partial ones."""

NAMES = ("nb_journees_total", "nb_journees_hc", "nb_journees_hp", "sexe_ratio", "age_moyen", "avq_physique")
NAMES += ("avq_relationnel", "nb_actes_csarr")


def establishments(year: str = "2025") -> str:
    """Return the JSON of the establishments, with the source's own total."""
    rows = [
        ("290000017", "CLINIQUE A", "Privé", "M12", "900", "700", "200", "55.1%", "73.12", "10.15", "4.03", "3.38"),
        ("290000025", "HOPITAL B", "CH", "M6", "300", "NA", "1 à 10", "40%", "60", "8", "3", "1"),
        ("350000019", "HOPITAL C", "CH", "M12", "50", "50", "0", "100%", "37", "5.66", "5.18", "3.05"),
        ("Total", "Total", "Total", "Total", "1250", "1045", "205", "53%", "70.1", "9.8", "4", "2.9"),
    ]
    names = ("finess", "raison_sociale", "categorie", "periode", *NAMES)
    data = [dict(zip(names, row, strict=True)) for row in rows]
    return json.dumps({"search_context": {"annee": year, "tgeo": "fe"}, "data": data}, ensure_ascii=False)


ACTS = """finess;finessgeo;acte;nb_sejsea;nb_actes;dms_globale;nb_sej_0_nuit;nb_acte_ambu;dep;reg
290000017;290000108;AHPA0090;78;80;0,5;60;61;29;53
290000017;290000116;AHPA0090;14;14;12;.;.;29;53
350000019;350000019;BAFA0060;15;15;0;15;15;35;53
"""


def received(place: Workspace, files: dict[str, str], *, source: str = "") -> IntakeReport:
    """Write files beside a workspace and receive them as ``sanoscope intake`` does."""
    folder = place.root.parent / "publies"
    folder.mkdir(exist_ok=True)
    paths = []
    for name, text in files.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="cp1252" if name.startswith("resultats-") else "utf-8")
    books = catalogue()
    sources = [books.source(source)] if source else list(books.sources.values())
    return receive(place, paths, published=[one.attendu for one in sources], named=bool(source))


DIAGNOSES = """\
Code,Libellé,Nb total de séjours/séances,Nb de séjourshors GHM en J ou T et séances,DMS (en nuitée)hors GHM en J ou \
Tet séances,Nb de séjoursGHM en J ou T hors séances,Nb de nuitéesen GHM J ou T,Nb de séances,niveau_page,codh_page
010000000,Maladies infectieuses,1 204,1 175,"8,39",29,24,0,0,000000000
020000000,Tumeurs,60,49,"6,51",11,1 à 10,0,0,000000000
,Total,1 264,1 224,,40,,0,0,000000000
010100000,Maladies intestinales,1 204,1 175,"8,39",29,24,0,1,010000000
,Total,1 204,1 175,,29,,0,1,010000000
A00,Choléra,204,1 à 10,,200,0,0,2,010100000
A001,Choléra classique,204,1 à 10,,200,0,0,4,010100001
"""


SHARES = """finess,zone,A1,A2,A3,A4,A5,A6
290000017,290000017,"61,2","48,5",,"50,1","40,0","70,3"
290000025,290000017,"12,4","9,1","88,2","10,6",,
350000019,350000019,"33,3","20,0","5,1","25,0","30,0",
"""
"""Who treats the inhabitants of two attraction zones, in per cent."""


STAFF = """\
finess;raison_sociale;etp_medical;etp_soignant;etp_medico_technique;etp_educatif;etp_technique;etp_administratif;\
taux_absenteisme;rotation;age_moyen;part_cdd;part_interim
290000017;CHU OUEST;812,4;3210,5;402,1;88;610,3;720,0;9,8%;12,4;41,2;10,1;0,8
290000025;CH SUD;102;640,5;71;;120;98,5;8,1;NC;43;8;SO
"""
TRADES = """\
finess;raison_sociale;metier;libelle_metier;effectif;etp;taux_absenteisme;rotation;part_interim;part_cdd;age_moyen
290000017;CHU OUEST;IDE;Infirmiers;1320;1204,6;9,1;11,2;1,4;8,5;40,3
290000017;CHU OUEST;SF;Sages-femmes;64;58,2;6,4;14;0;12;37,9
290000025;CH SUD;IDE;Infirmiers;251;228,5;8,8;NC;3,1;10;42
290000025;CH SUD;SF;Sages-femmes;7;6,1;21,5;28;0;30;35
"""
ACCOUNTS = """\
finess;raison_sociale;produits;charges;resultat;taux_marge_brute;taux_caf;duree_apparente_dette;\
independance_financiere;intensite_investissement;vetuste_equipements;vetuste_batiments;fonds_de_roulement;\
besoin_en_fonds_de_roulement
290000017;CHU OUEST;512340;520100;-7760;3,1;2,4;12,5;55;4,2;78,1;51;12,5;-8,2
290000025;CH SUD;80120;79900;220;6,0;5,1;;38,5;5;70;45,3;30;2
"""
BEDS = """BOR;AN;FI;RS;FI_EJ;LIT_MED;LIT_CHI;LIT_OBS;LIT_MCO;JLI_MCO;SEJHC_MCO;JOU_MCO;PLA_MCO
MCO;2022;290000108;CHU, SITE NORD;290000017;270;68;47;385;132238;25706;110058;42
MCO;2022;290000116;CHU, SITE SUD;290000017;66;17;;83;30295;5562;26585;17
"""
STAYING = """\
finess;finess_geo;rs_finess_geo;region;participation;Depot;nb_rep_score_all_rea_ajust;score_all_rea_ajust;\
classement;evolution;score_accueil_rea_ajust;score_PECinf_rea_ajust;score_PECmed_rea_ajust;score_chambre_rea_ajust;\
score_repas_rea_ajust;score_sortie_rea_ajust;taux_reco_brut
290000017;290000108;CHU, SITE NORD;Bretagne;1- Obligatoire;1- Oui;412;{};B;2-Stable;73.4;82.11;80.5;72;60.25;64.1;55,3
290000017;290000116;CHU, SITE SUD;Bretagne;1- Obligatoire;1- Oui;;;DI;;;;;;;;
350000019;350000019;CLINIQUE;Bretagne;2- Facultatif;1- Oui;96;{};A;3-Amélioration;79.02;85;84.3;78.8;71;69.95;68
"""
DAYS = """\
finess;finess_geo;rs_finess_geo;region;participation;Depot;nb_rep_score_all_ajust;score_all_ajust;\
classement;evolution;score_AVH_ajust;score_ACC_ajust;score_PEC_ajust;score_CER_ajust;score_OVS_ajust;taux_reco_brut
290000017;290000108;CHU, SITE NORD;;1- Obligatoire;1- Oui;143;78,75;B;1-Diminution;84,9;81,3;85,41;68,82;72,5;72,7
350000019;350000019;CLINIQUE;;2- Facultatif;1- Oui;52;80,01;A;4-Non calculable;83;82;86;70;73;75
"""
CARE = """\
finess;finess_pmsi;nom_ES;region;type;classe_ias_icsha_v3_mhs;res_ias_icsha_v3_mhs;classe_ias_icsha_v3_psy;\
res_ias_icsha_v3_psy;classe_DPA_qls_v2_MCO;res_dpa_qls_v2_mco;classe_DPA_pcd_MCO;res_dpa_pcd_mco;\
classe_CA_qls_v2_MCO;res_ca_qls_v2_mco;ete_ortho_ratio_oe;ete_ortho_alerte_supe;classe_DPA_qls_SSR;res_dpa_qls_ssr;\
classe_DPA_tre_HAD;res_dpa_tre_had
290000108;290000017;CHU, SITE NORD;Bretagne;CHU;C;41;/;/;C;5;B;80%;C;42;1.60514510015526;0;/;/;A;95%
290000116;290000017;CHU, SITE SUD;Bretagne;CHU;/;/;/;/;/;/;/;/;/;/;/;/;C;7;/;/
350000019;350000019;CLINIQUE;Bretagne;Privé;A;118;/;/;=;=;A;94%;B;71;0.0;0;/;/;/;/
""".replace("/", "Non concerné (pas d'activité)").replace("=", "Non concerné (non comparable)")
QUALITY = {
    "resultats-esatis48h-mco-open-data-2018.csv": STAYING.format("74,2", "80"),
    "resultats-esatis48h-mco-open-data-2019.csv": STAYING.format("75,09", "79,5"),
    "resultats-esatisca-mco-open-data-2019.csv": DAYS,
    "resultats-iqss-open-data-2019.csv": CARE,
}
"""Indicators of two establishments, and of sites."""

COSTS = """\
{group};libelle;secteur;effectif_enc;effectif_national;taux_sondage;cout_complet;cout_hors_structure;structure
{code};Groupe;{first};420;12000;3,5%;4000;3780;220
{code};Groupe;OQN;150;2500;6%;3200;2980;220
{other};Autre groupe;{first};8;300;2,7%;3900;3700;200
{other};Autre groupe;OQN;60;900;6,7%;1500;1400;100
"""
UNITS = """section;libelle;unite;categorie;libelle_categorie;etablissements;moyenne;q1;mediane;q3
930.11;Restauration;repas;CH;Centres hospitaliers;310;9,87;8,05;9,5;11,2
930.11;Restauration;repas;CHU;CHU;28;8,41;7,3;8,2;9,15
"""
OVERRUNS = """\
finess;raison_sociale;specialite;libelle_specialite;praticiens;actes;actes_avec_depassement;honoraires;depassements;\
part_actes;taux_depassement
290000033;CLINIQUE DU PORT;02;Anesthésie;6;4000;1200;400000;60000;30%;15%
290000033;CLINIQUE DU PORT;04;Chirurgie;4;500;5;90000;450;1%;0,5%
290000033;CLINIQUE DU PORT;11;ORL;3;700;693;150000;90000;99%;60%
290000041;CLINIQUE DES HALLES;02;Anesthésie;2;900;0;95000;0;0%;0%
290000041;CLINIQUE DES HALLES;15;Ophtalmologie;5;7;7;801;352;100%;43,9%
"""
"""Costs by group and sector, of a unit of work by category, fees by establishment and specialty."""


def _hospi_diag() -> str:
    """Return eleven hospitals, each a step further than the one before, a teaching hospital and three clinics."""
    header = "finess,rs,champ_pmsi,taa,cat,taille_MCO,A7,A13,P1,P12,P14,RH4,RH8,F1_D,F1_O,CI_A16_1"
    rows = [
        '290000017,CHU OUEST,DGF,TAA,CHR,T5,"   13,5","   88,1","  1,052","  40,25",,"21,3","8,3",,3,Cataracte : 9',
    ]
    for n in range(11):
        finess = "290000025" if n == 4 else f"22000{n:04d}"
        figures = (
            f"{5 + n},5",
            str(60 + 2 * n),
            f"{n // 10},{(900 + 10 * n) % 1000:03d}",
            f"{30 + n},25",
            ".c",
            f"{20 + n}",
            f"{12 - n},1",
        )
        written = ",".join(f'"        {one}"' for one in (*figures, f"{n - 3},5"))
        rows.append(f"{finess},CH {n},DGF,TAA,CH,T{1 + n % 2},{written},,Cataracte : {n}")
    rows += [f"3500000{n}9,CLINIQUE {n},OQN,TAA,CLI,T2,,{50 + n},1,{70 + n},{90 + n},15,.z,,{n}," for n in range(3)]
    return "\n".join([header, *rows]) + "\n"


PERFORMANCE = _hospi_diag()
REGIONAL = """finess;zone;A1bis;A2bis;A3bis;A4bis;A5bis
290000017;53;"        33,3";        12;.c;"         4,5";0
290000025;53;"         2,1";"         1,5";;"         0,5";
"""
"""Indicators of performance, with commas; market shares in the area, with semicolons: both have been published."""


def published_beside(place: Workspace) -> None:
    """Publish, in a workspace, small editions of the sources that alone answer a restitution."""
    files = {"open_ccam_24.csv": ACTS, "mco_2024.csv": DIAGNOSES, "pdmza_2022.csv": SHARES}
    files |= {"bilan_social_2023.csv": STAFF, "bilan_social_metiers_2023.csv": TRADES}
    files |= {"comptes_financiers_2023.csv": ACCOUNTS, "MCO_2022r.csv": BEDS}
    files |= {
        "enc_mco_2023.csv": COSTS.format(group="ghm", first="DG", code="05M092", other="06C081"),
        "enc_smr_2023.csv": COSTS.format(group="gme", first="DAF", code="0803A1", other="0106B2"),
        "enc_had_2023.csv": COSTS.format(group="ghpc", first="DG", code="0611", other="0407"),
        "rtc_2023.csv": UNITS,
        "depassements_honoraires_2023.csv": OVERRUNS,
    }
    files |= {"hd2022.csv": PERFORMANCE, "pdmreg_2022.csv": REGIONAL}
    assert received(place, files | QUALITY).clean
    indicators = (
        "bilan-social",
        "comptes-financiers",
        "hospi-diag",
        "qualite-has",
        "sae",
        "rtc",
        "depassements-honoraires",
    )
    indicators += ("enc-mco", "enc-smr", "enc-had")
    for source in ("open-ccam-2024", "mco-diagnostics-2024", "hospi-diag-2022", *indicators):
        build_published(place, catalogue(), source, name=source)
        publication.publish(place.editions, source)


def small_source(root: Path, *, total: bool = True) -> Workspace:
    """Return a workspace whose published editions are the small SMR cube and the small acts."""
    place = workspaces.create(root / "espace")
    files = {"smr_2025.csv": CUBE, "open_ccam_24.csv": ACTS}
    if total:
        files["smr_2025.json"] = establishments()
    assert received(place, files).clean
    for source in ("open-ccam-2024", "smr-2025"):
        build_published(place, catalogue(), source, name=source)
        publication.publish(place.editions, source)
    return place

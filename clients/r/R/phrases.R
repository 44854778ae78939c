# What the package says, in French. Code is ASCII: a package that is built where the locale is "C" keeps its accents.

PHRASES <- list(
  connexion = "Le site ne r\u00e9pond pas \u00e0 l'adresse \u00ab %s \u00bb : %s",
  connexion_conseil = "V\u00e9rifiez l'adresse, le r\u00e9seau et le mandataire (proxy).",
  inattendue = "Le site a r\u00e9pondu %d, dans une forme qui n'est pas celle de l'API de Sanoscope.",
  inattendue_conseil = "V\u00e9rifiez que l'adresse est bien celle d'un site Sanoscope.",
  adresse = "\u00ab %s \u00bb n'est pas l'adresse d'un site.",
  adresse_admis = c("https://\u2026", "http://\u2026"),
  en_clair = "La cl\u00e9 part en clair : l'adresse \u00ab %s \u00bb n'est pas en https.",
  slug = "\u00ab %s \u00bb n'est pas le nom d'une restitution.",
  slug_conseil = "sano_catalogue() donne les noms (colonne slug).",
  mesure = "Le tableau n'a pas de mesure \u00ab %s \u00bb.",
  niveau = "\u00ab %s \u00bb n'est pas le nom d'un niveau de codes.",
  niveau_conseil = "sano_codes(cn) donne les niveaux.",
  sans_nom = "Un crit\u00e8re est donn\u00e9 sans son nom.",
  sans_nom_conseil = "\u00c9crivez par exemple : annee = 2023, zone = \"departement:29\".",
  vide = "Le crit\u00e8re \u00ab %s \u00bb a une valeur manquante (NA).",
  vide_conseil = "\u00d4tez-le, ou donnez NULL : un crit\u00e8re NULL n'est pas pos\u00e9.",
  admis = "Sont admis : %s.",
  en_tout = "\u2026 (%d en tout)",
  citation = "Sanoscope. %s. \u00c9dition %s (%s) du %s. %s (consult\u00e9 le %s).",
  edition = "\u00c9dition %s (%s) du %s",
  cellules = "Cellules (%d). %s",
  chiffre = "un chiffre",
  total = "Total",
  avec_cle = "avec une cl\u00e9",
  sans_cle = "sans cl\u00e9",
  criteres = "Crit\u00e8res : %s",
  mesures = "Mesures : %s"
)

# The word of each state, as it is read, with the sign that stands for it.
ETATS <- c(
  exact = "exact",
  masque = "masqu\u00e9 (\u00ab 1 \u00e0 10 \u00bb)",
  approche = "approch\u00e9 (\u00ab \u2248 n \u00bb)",
  secret = "secret (\u00ab s. \u00bb)",
  sans_objet = "sans objet (\u00ab \u2013 \u00bb)",
  indisponible = "indisponible (\u00ab \u2026 \u00bb)"
)

# What a page shows of a cell that has no figure to show, by the word of its state.
SIGNES <- c(masque = "1 \u00e0 10", secret = "s.", sans_objet = "\u2013", indisponible = "\u2026")

ENVIRON <- "\u2248 %s"
ESPACE <- "\u202f"

dire <- function(phrase, ...) sprintf(PHRASES[[phrase]], ...)

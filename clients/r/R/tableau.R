# An answer: a tibble whose figures have their states beside them, and all that a reader must know of it.

sano_demander <- function(cn, slug, ...) {
  chemin <- restitution(slug, "/donnees")
  en_tableau(lire(cn, chemin, ecrits(list(...)), simplifier = TRUE), cn$adresse, slug)
}

en_tableau <- function(recu, adresse, slug) {
  colonnes <- tibble::as_tibble(recu$colonnes)
  lignes <- recu$lignes
  vides <- !is.data.frame(lignes)
  de <- function(nom) if (vides) logical() else lignes[[nom]]
  donnees <- list(genre = as.character(de("genre")))
  for (rang in seq_len(nrow(colonnes))) {
    nom <- colonnes$nom[[rang]]
    if (colonnes$genre[[rang]] == "texte") {
      donnees[[nom]] <- as.character(de(nom))
      next
    }
    donnees[[nom]] <- as.double(de(nom))
    donnees[[paste0(nom, "_etat")]] <- as.character(de(paste0(nom, "_etat")))
    for (suite in c("_estimation", "_marge")) {
      autre <- paste0(nom, suite)
      if (autre %in% names(lignes)) donnees[[autre]] <- as.double(de(autre))
    }
    decimales <- colonnes[["decimales_lignes"]][[rang]] # where its rows do not all show the same
    if (length(decimales)) donnees[[paste0(nom, "_decimales")]] <- as.integer(decimales)
  }
  mesures <- colonnes[colonnes$genre == "mesure", ]
  page <- page_fixe(adresse, slug, recu$requete, recu$edition$nom)
  tibble::new_tibble(
    donnees,
    nrow = length(donnees$genre),
    class = "sano_tableau",
    titre = recu$titre,
    requete = recu$requete,
    edition = recu$edition,
    notes = as.character(unlist(recu$notes)),
    legende = legende(recu$legende),
    definitions = mesures[c("nom", "libelle", "unite", "decimales", "definition")],
    titres = stats::setNames(colonnes$libelle, colonnes$nom),
    adresse = page,
    citation = citation_de(recu, page)
  )
}

legende <- function(lignes) {
  if (!is.data.frame(lignes)) lignes <- data.frame(etat = character(), sens = character())
  signes <- c(SIGNES, exact = PHRASES$chiffre, approche = sprintf(ENVIRON, "n"))
  tibble::tibble(etat = lignes$etat, signe = unname(signes[lignes$etat]), sens = lignes$sens)
}

# The address of the page that shows this and always will: it names the edition.
page_fixe <- function(adresse, slug, requete, edition) {
  nommee <- grepl("(^|&)edition=", requete)
  paste0(adresse, "/restitutions/", slug, "?", requete, if (!nommee) paste0("&edition=", edition))
}

citation_de <- function(recu, page) {
  jour <- format(as.Date(recu$edition$date), "%d/%m/%Y")
  dire(
    "citation", recu$titre, recu$edition$nom, recu$edition$etat, jour, page, format(Sys.Date(), "%d/%m/%Y")
  )
}

# Names of the measures that a tableau still has: some may have been taken off.
mesures_de <- function(tableau) {
  noms <- attr(tableau, "definitions")$nom
  noms[noms %in% names(tableau) & paste0(noms, "_etat") %in% names(tableau)]
}

print.sano_tableau <- function(x, ...) {
  edition <- attr(x, "edition")
  etats <- table(factor(unlist(lapply(mesures_de(x), function(nom) x[[paste0(nom, "_etat")]])), names(ETATS)))
  vus <- etats[etats > 0]
  jour <- format(as.Date(edition$date), "%d/%m/%Y")
  cat("# ", attr(x, "titre"), "\n", sep = "")
  cat("# ", dire("edition", edition$nom, edition$etat, jour), "\n", sep = "")
  cat("# ", dire("cellules", sum(etats), paste(ETATS[names(vus)], vus, sep = " : ", collapse = " ; ")), "\n", sep = "")
  NextMethod()
  invisible(x)
}

sano_bornes <- function(tableau, mesure) {
  stopifnot(inherits(tableau, "sano_tableau"), length(mesure) == 1)
  if (!mesure %in% mesures_de(tableau)) {
    arreter("mesure-inconnue", dire("mesure", mesure), mesures_de(tableau))
  }
  exact <- tableau[[mesure]]
  de <- function(suite) {
    nom <- paste0(mesure, suite)
    if (nom %in% names(tableau)) tableau[[nom]] else rep(NA_real_, nrow(tableau))
  }
  proche <- de("_estimation")
  tibble::tibble(
    valeur = ifelse(is.na(exact), proche, exact),
    bas = ifelse(is.na(exact), proche - de("_marge"), exact),
    haut = ifelse(is.na(exact), proche + de("_marge"), exact),
    etat = tableau[[paste0(mesure, "_etat")]]
  )
}

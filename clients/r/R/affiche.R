# What the page shows of a tableau: texts, "1 a 10" and estimates among them.

sano_affiche <- function(tableau, titres = FALSE) {
  stopifnot(inherits(tableau, "sano_tableau"))
  connues <- attr(tableau, "titres")
  mesures <- mesures_de(tableau)
  reperes <- setdiff(intersect(names(connues), names(tableau)), c(attr(tableau, "definitions")$nom, "filigrane"))
  vues <- c(entetes(tableau, reperes), lapply(stats::setNames(mesures, mesures), function(nom) cellules(tableau, nom)))
  if (titres) names(vues) <- ifelse(names(vues) %in% mesures, avec_unite(tableau, names(vues)), connues[names(vues)])
  tibble::new_tibble(vues, nrow = nrow(tableau))
}

# The texts at the head of the rows: a total that has no code says its name in the code's place.
entetes <- function(tableau, reperes) {
  textes <- lapply(stats::setNames(reperes, reperes), function(nom) tableau[[nom]])
  if (!length(textes)) return(textes)
  sans_code <- tableau[["genre"]] == "total" & textes[[1]] == ""
  nomme <- which(startsWith(reperes, "raison_sociale") | startsWith(reperes, "libelle_"))
  noms <- if (length(nomme)) textes[[nomme[[1]]]] else rep("", nrow(tableau))
  if (length(nomme)) textes[[nomme[[1]]]][sans_code] <- ""
  textes[[1]][sans_code] <- ifelse(nzchar(noms), noms, PHRASES$total)[sans_code]
  textes
}

cellules <- function(tableau, nom) {
  etats <- tableau[[paste0(nom, "_etat")]]
  definitions <- attr(tableau, "definitions")
  decimales <- rep(definitions$decimales[definitions$nom == nom], length(etats))
  par_ligne <- paste0(nom, "_decimales")
  if (par_ligne %in% names(tableau)) decimales <- tableau[[par_ligne]]
  textes <- unname(SIGNES[etats])
  exactes <- etats == "exact"
  textes[exactes] <- nombre(tableau[[nom]][exactes], decimales[exactes])
  proches <- etats == "approche"
  if (any(proches)) {
    textes[proches] <- sprintf(ENVIRON, nombre(tableau[[paste0(nom, "_estimation")]][proches], decimales[proches]))
  }
  textes
}

# A figure as it is written in French: narrow spaces between thousands, a comma before decimals.
nombre <- function(valeurs, decimales) {
  ecrits <- sprintf("%.*f", as.integer(decimales), as.double(valeurs))
  entiers <- sub("\\..*", "", ecrits)
  entiers <- gsub("(?<=[0-9])(?=([0-9]{3})+$)", ESPACE, entiers, perl = TRUE)
  paste0(entiers, sub(".", ",", substring(ecrits, nchar(sub("\\..*", "", ecrits)) + 1), fixed = TRUE))
}

# The headings of measures, with their units.
avec_unite <- function(tableau, noms) {
  definitions <- attr(tableau, "definitions")
  rangs <- match(noms, definitions$nom)
  ifelse(
    nzchar(definitions$unite[rangs]) & !is.na(rangs),
    paste0(definitions$libelle[rangs], " (", definitions$unite[rangs], ")"),
    definitions$libelle[rangs]
  )
}

# Asks questions of a site by the package and writes what it gives, a line a cell: every_question.R QUESTIONS.csv CELLS.csv
library(sanoscope)

ecrit <- function(x) ifelse(is.na(x), "", sprintf("%.17g", as.double(x)))

cellules <- function(numero, tableau) {
  vu <- sano_affiche(tableau)
  mesures <- attr(tableau, "definitions")$nom
  colonne <- function(nom, suite) {
    nom <- paste0(nom, suite)
    if (nom %in% names(tableau)) ecrit(tableau[[nom]]) else rep("", nrow(tableau))
  }
  do.call(rbind, lapply(names(vu), function(nom) {
    mesure <- nom %in% mesures
    rien <- rep("", nrow(tableau))
    data.frame(
      question = rep(numero, nrow(tableau)),
      ligne = seq_len(nrow(tableau)),
      genre = tableau$genre,
      colonne = rep(nom, nrow(tableau)),
      valeur = if (mesure) colonne(nom, "") else tableau[[nom]],
      etat = if (mesure) tableau[[paste0(nom, "_etat")]] else rien,
      estimation = if (mesure) colonne(nom, "_estimation") else rien,
      marge = if (mesure) colonne(nom, "_marge") else rien,
      affiche = vu[[nom]]
    )
  }))
}

chemins <- commandArgs(trailingOnly = TRUE)
questions <- read.csv(chemins[[1]], colClasses = "character", encoding = "UTF-8")
cn <- sanoscope(Sys.getenv("SANOSCOPE_ADRESSE"))
connu <- sanoscope(Sys.getenv("SANOSCOPE_ADRESSE"), Sys.getenv("SANOSCOPE_CLE"))
toutes <- lapply(seq_len(nrow(questions)), function(rang) {
  une <- questions[rang, ]
  paires <- strsplit(strsplit(une$criteres, "&", fixed = TRUE)[[1]], "=", fixed = TRUE)
  criteres <- stats::setNames(lapply(paires, `[[`, 2), vapply(paires, `[[`, "", 1))
  tableau <- do.call(sano_demander, c(list(if (une$cle == "oui") connu else cn, une$slug), criteres))
  cellules(une$numero, tableau)
})
write.csv(do.call(rbind, toutes), chemins[[2]], row.names = FALSE, fileEncoding = "UTF-8")

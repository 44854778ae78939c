exemple <- function() {
  texte <- '{"titre": "Essai", "requete": "annee=2023", "edition": {"nom": "e", "etat": "en cours", "date": "2026-01-09"},
    "notes": [], "legende": [{"etat": "masque", "sens": "Petit."}], "colonnes": [
      {"nom": "finess", "libelle": "FINESS", "genre": "texte"},
      {"nom": "raison_sociale", "libelle": "Nom", "genre": "texte"},
      {"nom": "sejours", "libelle": "S\u00e9jours", "genre": "mesure", "unite": "", "decimales": 0, "definition": "d"},
      {"nom": "dms", "libelle": "DMS", "genre": "mesure", "unite": "nuits", "decimales": 2, "definition": "d",
       "decimales_lignes": [2, 1, 2]}],
    "lignes": [
      {"genre": "detail", "finess": "01", "raison_sociale": "A", "sejours": 1234567, "sejours_etat": "exact",
       "dms": -1234.5, "dms_etat": "exact", "dms_estimation": null, "dms_marge": null},
      {"genre": "detail", "finess": "02", "raison_sociale": "B", "sejours": null, "sejours_etat": "masque",
       "dms": null, "dms_etat": "approche", "dms_estimation": 12.0, "dms_marge": 0.4},
      {"genre": "total", "finess": "", "raison_sociale": "Ensemble", "sejours": null, "sejours_etat": "secret",
       "dms": null, "dms_etat": "indisponible", "dms_estimation": null, "dms_marge": null}]}'
  sanoscope:::en_tableau(jsonlite::fromJSON(texte, simplifyMatrix = FALSE), "http://x", "essai")
}

test_that("a figure is there only where it is exact, its state beside it", {
  tableau <- exemple()
  expect_s3_class(tableau, c("sano_tableau", "tbl_df"))
  expect_identical(
    names(tableau),
    c(
      "genre", "finess", "raison_sociale", "sejours", "sejours_etat",
      "dms", "dms_etat", "dms_estimation", "dms_marge", "dms_decimales"
    )
  )
  expect_identical(tableau$sejours, c(1234567, NA, NA))
  expect_identical(tableau$dms_estimation, c(NA, 12, NA))
  expect_identical(attr(tableau, "adresse"), "http://x/restitutions/essai?annee=2023&edition=e")
  expect_match(attr(tableau, "citation"), "^Sanoscope. Essai. \u00c9dition e \\(en cours\\) du 09/01/2026. http://x/")
  expect_identical(attr(tableau, "legende")$signe, "1 \u00e0 10")
})

test_that("it is printed with its title, its edition and how many cells are masked", {
  dit <- capture.output(print(exemple()))
  expect_identical(dit[[1]], "# Essai")
  expect_identical(dit[[2]], "# \u00c9dition e (en cours) du 09/01/2026")
  expect_match(dit[[3]], "Cellules \\(6\\)")
  expect_match(dit[[3]], "masqu\u00e9 (\u00ab 1 \u00e0 10 \u00bb) : 1", fixed = TRUE)
  expect_match(capture.output(print(exemple()[2, c("finess", "sejours", "sejours_etat")]))[[3]], "Cellules \\(1\\)")
})

test_that("it is shown as the page shows it, whole or in part", {
  tableau <- exemple()
  vu <- sano_affiche(tableau)
  expect_identical(vu$sejours, c("1\u202f234\u202f567", "1 \u00e0 10", "s."))
  expect_identical(vu$dms, c("-1\u202f234,50", "\u2248 12,0", "\u2026"))
  expect_identical(vu$finess, c("01", "02", "Ensemble"))
  expect_identical(vu$raison_sociale, c("A", "B", ""))
  expect_identical(names(sano_affiche(tableau, titres = TRUE)), c("FINESS", "Nom", "S\u00e9jours", "DMS (nuits)"))
  expect_identical(sano_affiche(tableau[3:2, ])$dms, c("\u2026", "\u2248 12,0"))
  expect_identical(names(sano_affiche(tableau[c("genre", "finess", "dms", "dms_etat", "dms_estimation")])), c("finess", "dms"))
})

test_that("a figure or its estimate is had with its bounds", {
  tableau <- exemple()
  dms <- sano_bornes(tableau, "dms")
  expect_equal(dms$valeur, c(-1234.5, 12, NA))
  expect_equal(dms$bas, c(-1234.5, 11.6, NA))
  expect_equal(dms$haut, c(-1234.5, 12.4, NA))
  expect_identical(sano_bornes(tableau, "sejours")$valeur, c(1234567, NA, NA))
  expect_identical(erreur(sano_bornes(tableau, "lits"))$admis, c("sejours", "dms"))
})

test_that("a table without rows has its columns", {
  texte <- '{"titre": "Essai", "requete": "annee=2023", "edition": {"nom": "e", "etat": "x", "date": "2026-01-09"},
    "notes": ["n"], "legende": [], "colonnes": [{"nom": "finess", "libelle": "FINESS", "genre": "texte"},
      {"nom": "sejours", "libelle": "S", "genre": "mesure", "unite": "", "decimales": 0, "definition": ""}], "lignes": []}'
  vide <- sanoscope:::en_tableau(jsonlite::fromJSON(texte, simplifyMatrix = FALSE), "http://x", "essai")
  expect_identical(dim(vide), c(0L, 4L))
  expect_type(vide$sejours, "double")
  expect_output(print(vide), "Essai")
  expect_identical(dim(sano_affiche(vide)), c(0L, 2L))
})

test_that("a question is answered, and a refusal teaches", {
  cn <- le_site()
  casemix <- sano_demander(cn, "casemix-mco", annee = c(2022, 2023), zone = "departement:29", regroupement = "cas")
  expect_identical(unique(casemix$annee), c("2022", "2023"))
  expect_identical(attr(casemix, "requete"), "annee=2022,2023&zone=departement:29&regroupement=cas")
  expect_true(all(is.na(casemix$sejours) == (casemix$sejours_etat != "exact")))
  refus <- erreur(sano_demander(cn, "casemix-mco", annee = 1999))
  expect_s3_class(refus, c("sanoscope_erreur_valeur_inconnue", "sanoscope_erreur", "error"))
  expect_identical(refus$admis, c("2022", "2023", "2024"))
  expect_identical(refus$statut, 400L)
  expect_match(conditionMessage(refus), "Sont admis : 2022, 2023, 2024.", fixed = TRUE)
  refus <- erreur(sano_demander(cn, "casemix-mco", anee = 2023))
  expect_identical(refus$code, "critere-inconnu")
  expect_match(refus$conseil, "annee")
  expect_identical(erreur(sano_demander(cn, "rien"))$statut, 404L)
})

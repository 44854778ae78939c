test_that("criteria are written as in an address", {
  ecrits <- sanoscope:::ecrits
  expect_identical(ecrits(list()), list())
  expect_identical(
    ecrits(list(annee = c(2022, 2023), mois = 9L, zone = NULL, panier = c("01", "2A"), seuil = 1e5)),
    list(annee = "2022,2023", mois = "9", panier = "01,2A", seuil = "100000")
  )
  expect_s3_class(erreur(ecrits(list(2023))), "sanoscope_erreur_critere_sans_nom")
  expect_s3_class(erreur(ecrits(list(annee = NA))), "sanoscope_erreur_valeur_manquante")
  expect_s3_class(erreur(ecrits(list(annee = integer()))), "sanoscope_erreur_valeur_manquante")
})

test_that("a name of restitution or level leads nowhere else", {
  cn <- sanoscope("http://127.0.0.1:9")
  expect_s3_class(erreur(sano_demander(cn, "../editions")), "sanoscope_erreur_restitution_inconnue")
  expect_s3_class(erreur(sano_codes(cn, "a/b")), "sanoscope_erreur_niveau_inconnu")
})

test_that("a site says its restitutions, its editions, what it finds", {
  cn <- le_site()
  catalogue <- sano_catalogue(cn)
  expect_true("casemix-mco" %in% catalogue$slug)
  expect_true("zone" %in% catalogue$criteres[[match("casemix-mco", catalogue$slug)]])
  une <- sano_restitution(cn, "casemix-mco")
  expect_true(all(c("sejours", "dms") %in% une$mesures$nom))
  expect_true(all(nzchar(une$mesures$definition)))
  expect_output(print(une), une$titre, fixed = TRUE)
  editions <- sano_editions(cn)
  petite <- editions[editions$nom == "petite", ]
  expect_identical(petite$annees[[1]], 2022:2024)
  expect_true("mco" %in% petite$champs[[1]])
  trouve <- sano_chercher(cn, "casemix mco", limite = 5)
  une <- trouve[trouve$code == "casemix-mco", ]
  expect_identical(une$genre, "restitutions")
  expect_identical(une$restitutions[[1]], "casemix-mco")
  expect_identical(nrow(sano_chercher(cn, "zzzzzz")), 0L)
})

test_that("the admitted values of criteria are told", {
  cn <- le_site()
  sauter_sans(cn, "/api/v1/restitutions/casemix-mco/criteres")
  criteres <- sano_criteres(cn, "casemix-mco")
  annee <- criteres[criteres$nom == "annee", ]
  expect_identical(annee$valeurs[[1]]$valeur, c("2022", "2023", "2024"))
  expect_true(annee$plusieurs)
  zone <- criteres[criteres$nom == "zone", ]
  expect_true("departement" %in% zone$niveaux[[1]]$codes)
  regroupement <- criteres$valeurs[[match("regroupement", criteres$nom)]]
  expect_type(regroupement$ouvert, "logical")
  expect_true(all(criteres$nom %in% names(formals(sano_demander)) == FALSE))
})

test_that("codes are all given, page after page", {
  cn <- le_site()
  sauter_sans(cn, "/api/v1/codes")
  niveaux <- sano_codes(cn)
  expect_true(all(c("departement", "racine") %in% niveaux$niveau))
  departements <- sano_codes(cn, "departement")
  expect_true(all(c("29", "35") %in% departements$code))
  expect_true("departement:29" %in% departements$valeur)
  expect_identical(sano_codes(cn, "departement", q = "finist")$code, "29")
})

test_that("pages of codes are followed by their links", {
  pages <- sano_codes(mauvais_site("/pages"), "racine")
  expect_identical(pages$code, c("01", "02", "03"))
  expect_identical(pages$parents[[3]], list(cmd = c("01", "02")))
})

test_that("an address is checked, and a key is never shown", {
  refus <- erreur(sanoscope("exemple.fr"))
  expect_s3_class(refus, "sanoscope_erreur_adresse")
  expect_match(conditionMessage(refus), "exemple.fr")
  expect_s3_class(erreur(sanoscope(c("http://a", "http://b"))), "sanoscope_erreur_adresse")
  cn <- sanoscope("https://exemple.fr/pmsi/", cle = "sano_tres_secrete")
  expect_identical(cn$adresse, "https://exemple.fr/pmsi")
  expect_output(print(cn), "https://exemple.fr/pmsi, avec une cl\u00e9")
  expect_false(any(grepl("tres_secrete", c(capture.output(print(cn)), capture.output(str(cn))))))
  expect_output(print(sanoscope("http://127.0.0.1:1", cle = "")), "sans cl\u00e9")
})

test_that("a key that would leave unencrypted is told", {
  expect_warning(sanoscope("http://exemple.fr", cle = "sano_x"), "clair")
  expect_silent(sanoscope("http://127.0.0.1:8000", cle = "sano_x"))
})

test_that("nobody who answers is an error that says so", {
  refus <- erreur(sano_catalogue(sanoscope("http://127.0.0.1:9")))
  expect_s3_class(refus, "sanoscope_erreur_connexion")
  expect_match(conditionMessage(refus), "127.0.0.1:9")
})

test_that("a site that says when to come back is asked again, within one's patience", {
  cn <- mauvais_site("/occupe")
  expect_length(sano_catalogue(cn)$slug, 0)
  refus <- erreur(sano_catalogue(mauvais_site("/longtemps")))
  expect_identical(c(refus$code, refus$statut), c("trop-de-requetes", "429"))
  expect_s3_class(erreur(sano_catalogue(mauvais_site("/sans-edition"))), "sanoscope_erreur_aucune_edition")
  demandes <- sanoscope:::lire(mauvais_site(""), "/compte")
  expect_identical(unlist(demandes[c("/occupe", "/longtemps", "/sans-edition")], use.names = FALSE), c(3L, 1L, 1L))
})

test_that("what is not of the API is an error that says so", {
  refus <- erreur(sano_catalogue(mauvais_site("/page")))
  expect_s3_class(refus, "sanoscope_erreur_reponse_inattendue")
  expect_identical(refus$statut, 502L)
  expect_s3_class(erreur(sano_catalogue(mauvais_site("/texte"))), "sanoscope_erreur_reponse_inattendue")
  expect_s3_class(erreur(sano_catalogue(mauvais_site("/muet", delai = 0.2))), "sanoscope_erreur_connexion")
})

test_that("a request says who asks, takes gzip, bears its key", {
  entetes <- sanoscope:::lire(mauvais_site("", cle = "sano_x"), "/entetes")
  expect_match(entetes[["user-agent"]], "^sanoscope-r/[0-9.]+ \\(R [0-9.]+; httr2 [0-9.]+\\)$")
  expect_match(entetes[["accept-encoding"]], "gzip")
  expect_identical(entetes[["authorization"]], "Bearer sano_x")
})

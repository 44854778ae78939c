# The site that is asked: SANOSCOPE_ADRESSE, a live one; SANOSCOPE_ESSAI, one that answers badly (tests/web/bad_site.py).

le_site <- function() {
  adresse <- Sys.getenv("SANOSCOPE_ADRESSE")
  if (!nzchar(adresse)) skip("SANOSCOPE_ADRESSE ne dit pas de site a interroger")
  sanoscope(adresse)
}

mauvais_site <- function(chemin, ...) {
  adresse <- Sys.getenv("SANOSCOPE_ESSAI")
  if (!nzchar(adresse)) skip("SANOSCOPE_ESSAI ne dit pas de site d'essai")
  sanoscope(paste0(adresse, chemin), ...)
}

# Skips where a site does not have an address of the API yet.
sauter_sans <- function(cn, chemin) {
  if (httr2::resp_status(sanoscope:::envoyer(cn, chemin)) == 404) skip(paste("le site n'a pas", chemin))
}

erreur <- function(appel) tryCatch(appel, sanoscope_erreur = function(e) e)

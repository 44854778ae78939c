# A site, and what is sent to it.

sanoscope <- function(adresse, cle = NULL, delai = 60, patience = 60) {
  valable <- is.character(adresse) && length(adresse) == 1 && grepl("^https?://[^/?#]+[^?#]*$", adresse)
  if (!isTRUE(valable)) {
    arreter("adresse", dire("adresse", paste(format(adresse), collapse = " ")), PHRASES$adresse_admis)
  }
  adresse <- sub("/+$", "", adresse)
  cle <- if (length(cle) && !is.na(cle) && nzchar(cle)) cle
  if (!is.null(cle) && !grepl("^https:|^http://(localhost|127\\.|\\[::1\\])", adresse)) {
    warning(dire("en_clair", adresse), call. = FALSE)
  }
  # the key is in a function: neither print() nor str() shows it
  structure(
    list(adresse = adresse, cle = function() cle, avec_cle = !is.null(cle), delai = delai, patience = patience),
    class = "sanoscope_connexion"
  )
}

print.sanoscope_connexion <- function(x, ...) {
  cat("<Sanoscope> ", x$adresse, ", ", PHRASES[[if (x$avec_cle) "avec_cle" else "sans_cle"]], "\n", sep = "")
  invisible(x)
}

# Tries of a request, the first among them.
ESSAIS <- 4

# The answer of a site to a GET, whatever it is; tried again when it says that it will answer soon.
envoyer <- function(cn, chemin, criteres = list()) {
  requete <- httr2::request(paste0(cn$adresse, chemin))
  if (length(criteres)) requete <- do.call(httr2::req_url_query, c(list(requete), criteres))
  requete <- httr2::req_user_agent(requete, agent())
  requete <- httr2::req_timeout(requete, cn$delai)
  requete <- httr2::req_options(requete, connecttimeout = min(10, cn$delai))
  requete <- httr2::req_error(requete, is_error = function(reponse) FALSE)
  requete <- httr2::req_retry(
    requete,
    max_tries = ESSAIS,
    is_transient = function(reponse) bientot(reponse, cn$patience),
    backoff = function(essai) 0.05
  )
  if (cn$avec_cle) requete <- httr2::req_auth_bearer_token(requete, cn$cle())
  tryCatch(
    httr2::req_perform(requete),
    error = function(e) {
      pourquoi <- if (is.null(e$parent)) e else e$parent
      arreter("connexion", dire("connexion", cn$adresse, conditionMessage(pourquoi)), conseil = PHRASES$connexion_conseil)
    }
  )
}

# Tells whether a site asks to be asked again (429, 503), and within the seconds that one is ready to wait.
bientot <- function(reponse, patience) {
  attente <- httr2::resp_retry_after(reponse)
  httr2::resp_status(reponse) %in% c(429, 503) && !is.na(attente) && attente <= patience
}

# What a site answers to a GET, read from its JSON; a refusal is a condition.
lire <- function(cn, chemin, criteres = list(), simplifier = FALSE) {
  reponse <- envoyer(cn, chemin, criteres)
  statut <- httr2::resp_status(reponse)
  contenu <- tryCatch(
    jsonlite::fromJSON(
      httr2::resp_body_string(reponse, "UTF-8"),
      simplifyVector = simplifier, simplifyMatrix = FALSE
    ),
    error = function(e) NULL
  )
  if (statut < 300 && !is.null(contenu)) return(structure(contenu, reponse = reponse))
  if (!is.list(contenu) || is.null(contenu$code)) {
    arreter("reponse-inattendue", dire("inattendue", statut), conseil = PHRASES$inattendue_conseil, statut = statut)
  }
  arreter(contenu$code, contenu$title, as.character(unlist(contenu$admis)), contenu$conseil, statut)
}

agent <- function() {
  sprintf(
    "sanoscope-r/%s (R %s; httr2 %s)", utils::packageVersion("sanoscope"), getRversion(), utils::packageVersion("httr2")
  )
}

# The address of a restitution in the API.
restitution <- function(slug, suite = "") {
  if (!is.character(slug) || length(slug) != 1 || !grepl("^[a-z0-9-]+$", slug)) {
    arreter("restitution-inconnue", dire("slug", paste(format(slug), collapse = " ")), conseil = PHRASES$slug_conseil)
  }
  paste0("/api/v1/restitutions/", slug, suite)
}

# Criteria as they are written in an address: several values by commas, numbers in full, nothing for NULL.
ecrits <- function(criteres) {
  criteres <- Filter(Negate(is.null), criteres)
  noms <- names(criteres)
  if (length(criteres) && (is.null(noms) || !all(nzchar(noms)))) {
    arreter("critere-sans-nom", PHRASES$sans_nom, conseil = PHRASES$sans_nom_conseil)
  }
  Map(function(valeurs, nom) {
    if (!length(valeurs) || anyNA(valeurs)) arreter("valeur-manquante", dire("vide", nom), conseil = PHRASES$vide_conseil)
    textes <- if (is.numeric(valeurs)) format(valeurs, scientific = FALSE, trim = TRUE, digits = 15) else format(valeurs)
    if (is.character(valeurs)) textes <- valeurs
    paste(enc2utf8(as.character(textes)), collapse = ",")
  }, criteres, noms)
}

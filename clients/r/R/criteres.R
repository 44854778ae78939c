# What a question may hold: the criteria of a restitution, and the codes of a level.

sano_criteres <- function(cn, slug, edition = NULL) {
  trouve <- lire(cn, restitution(slug, "/criteres"), ecrits(list(edition = edition)))
  criteres <- trouve$criteres
  tibble::tibble(
    nom = textes(criteres, "nom"),
    sens = textes(criteres, "sens"),
    plusieurs = vrais(criteres, "plusieurs"),
    defaut = textes(criteres, "defaut"),
    valeurs = lapply(criteres, function(un) {
      tibble::tibble(
        valeur = textes(un$valeurs, "valeur"),
        libelle = textes(un$valeurs, "libelle"),
        ouvert = vrais(un$valeurs, "ouvert")
      )
    }),
    niveaux = lapply(criteres, function(un) {
      tibble::tibble(
        niveau = textes(un$niveaux, "niveau"),
        libelle = textes(un$niveaux, "libelle"),
        forme = textes(un$niveaux, "forme"),
        codes = basename(sub("[?].*", "", textes(un$niveaux, "codes"))),
        ouvert = vrais(un$niveaux, "ouvert")
      )
    })
  )
}

sano_codes <- function(cn, niveau = NULL, q = NULL, parent = NULL, edition = NULL) {
  if (is.null(niveau)) return(niveaux_de_codes(cn, edition))
  if (!is.character(niveau) || length(niveau) != 1 || !grepl("^[a-z0-9_]+$", niveau)) {
    arreter("niveau-inconnu", dire("niveau", paste(format(niveau), collapse = " ")), conseil = PHRASES$niveau_conseil)
  }
  chemin <- paste0("/api/v1/codes/", niveau)
  asked <- ecrits(list(q = q, parent = parent, edition = edition))
  pages <- list()
  while (!is.null(chemin)) {
    page <- lire(cn, chemin, asked)
    pages <- c(pages, page$codes)
    chemin <- suivante(cn, attr(page, "reponse"))
    asked <- list() # the address of the next page says all
  }
  tibble::tibble(
    code = textes(pages, "code"),
    libelle = textes(pages, "libelle"),
    valeur = textes(pages, "valeur"),
    parents = lapply(pages, function(un) lapply(un$parents, function(codes) as.character(unlist(codes))))
  )
}

niveaux_de_codes <- function(cn, edition) {
  niveaux <- lire(cn, "/api/v1/codes", ecrits(list(edition = edition)))$niveaux
  tibble::tibble(
    niveau = textes(niveaux, "niveau"),
    libelle = textes(niveaux, "libelle"),
    critere = textes(niveaux, "critere"),
    champs = listes(niveaux, "champs"),
    parents = listes(niveaux, "parents")
  )
}

# The address of the page that follows (header Link, RFC 8288), on the same site alone; NULL after the last.
suivante <- function(cn, reponse) {
  liens <- unlist(strsplit(paste(httr2::resp_header(reponse, "Link"), collapse = ","), ",\\s*(?=<)", perl = TRUE))
  lien <- liens[grepl("rel=\"?next\"?", liens)]
  if (!length(lien)) return(NULL)
  adresse <- sub("^\\s*<([^>]*)>.*", "\\1", lien[[1]])
  if (startsWith(adresse, "http")) adresse <- sub("^https?://[^/]+", "", adresse)
  adresse
}

# Whether something holds of each of a list of objects; NA where it is not said.
vrais <- function(objets, nom) {
  vapply(objets, function(un) if (is.null(un[[nom]])) NA else as.logical(un[[nom]]), NA, USE.NAMES = FALSE)
}

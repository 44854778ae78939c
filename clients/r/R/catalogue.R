# What may be asked of a site: its restitutions, their criteria and codes, its editions, its search.

sano_catalogue <- function(cn) {
  trouve <- lire(cn, "/api/v1/catalogue")
  tibble::tibble(
    slug = textes(trouve, "slug"),
    titre = textes(trouve, "titre"),
    objet = textes(trouve, "objet"),
    theme = textes(trouve, "theme"),
    sous_theme = textes(trouve, "sous_theme"),
    champ = textes(trouve, "champ"),
    acces = textes(trouve, "acces"),
    rythme = textes(trouve, "rythme"),
    source = textes(trouve, "source"),
    criteres = lapply(trouve, function(une) names(une$criteres)),
    regroupements = listes(trouve, "regroupements"),
    activites = listes(trouve, "activites"),
    formats = listes(trouve, "formats")
  )
}

sano_restitution <- function(cn, slug) {
  une <- lire(cn, restitution(slug))
  attr(une, "reponse") <- NULL
  for (nom in c("contenu", "regroupements", "activites", "formats")) une[[nom]] <- as.character(unlist(une[[nom]]))
  une$criteres <- tibble::tibble(nom = names(une$criteres), sens = as.character(unlist(une$criteres)))
  une$mesures <- tibble::tibble(
    nom = textes(une$mesures, "nom"),
    libelle = textes(une$mesures, "libelle"),
    unite = textes(une$mesures, "unite"),
    definition = textes(une$mesures, "definition")
  )
  structure(une, class = "sano_restitution")
}

print.sano_restitution <- function(x, ...) {
  cat("<", x$slug, "> ", x$titre, "\n", x$objet, "\n", sep = "")
  cat(dire("criteres", paste(x$criteres$nom, collapse = ", ")), "\n", sep = "")
  cat(dire("mesures", paste(x$mesures$libelle, collapse = ", ")), "\n", sep = "")
  invisible(x)
}

sano_editions <- function(cn) {
  trouve <- lire(cn, "/api/v1/editions")
  tibble::tibble(
    nom = textes(trouve, "nom"),
    etat = textes(trouve, "etat"),
    cree_le = textes(trouve, "cree_le"),
    annees = lapply(trouve, function(une) as.integer(unlist(une$annees))),
    publiee = vapply(trouve, function(une) isTRUE(une$publiee), TRUE),
    champs = lapply(trouve, function(une) as.character(names(une$champs)))
  )
}

sano_chercher <- function(cn, texte, limite = NULL) {
  trouve <- lire(cn, "/api/v1/recherche", ecrits(list(q = texte, limite = limite)))
  genres <- rep(textes(trouve$groupes, "genre"), vapply(trouve$groupes, function(un) length(un$resultats), 1L))
  lignes <- unlist(lapply(trouve$groupes, `[[`, "resultats"), recursive = FALSE)
  tibble::tibble(
    genre = genres,
    niveau = textes(lignes, "niveau"),
    code = textes(lignes, "code"),
    libelle = textes(lignes, "libelle"),
    precision = textes(lignes, "precision"),
    critere = textes(lignes, "critere"),
    valeur = textes(lignes, "valeur"),
    restitutions = lapply(lignes, function(un) textes(un$restitutions, "slug"))
  )
}

# A text of each of a list of objects; "" where it has none.
textes <- function(objets, nom) {
  vapply(objets, function(un) if (is.null(un[[nom]])) "" else as.character(un[[nom]])[[1]], "", USE.NAMES = FALSE)
}

# The texts that each of a list of objects has under a name.
listes <- function(objets, nom) lapply(objets, function(un) as.character(unlist(un[[nom]])))

# A refusal as an R condition: what was wrong, what is admitted, what to do.

# Stops with a condition of classes sanoscope_erreur_CODE (with "_" for "-"), sanoscope_erreur, error.
arreter <- function(code, message, admis = character(), conseil = "", statut = NA_integer_) {
  stop(structure(
    class = c(paste0("sanoscope_erreur_", gsub("-", "_", code)), "sanoscope_erreur", "error", "condition"),
    list(message = message, call = NULL, code = code, admis = admis, conseil = conseil, statut = statut)
  ))
}

conditionMessage.sanoscope_erreur <- function(c) {
  admis <- if (length(c$admis)) dire("admis", paste(raccourcis(c$admis), collapse = ", "))
  paste(c(c$message, admis, c$conseil[nzchar(c$conseil)]), collapse = "\n")
}

raccourcis <- function(valeurs, limite = 40) {
  if (length(valeurs) <= limite) return(valeurs)
  c(utils::head(valeurs, limite), dire("en_tout", length(valeurs)))
}

// Des suggestions pendant la frappe, au clavier comme à la souris : le modèle « combobox » de l'ARIA APG.
// Une option est un lien, ou porte la valeur à écrire dans le champ (data-valeur). Sans ce script, la boîte reste un
// formulaire, et le champ garde la liste du navigateur.
for (const champ of document.querySelectorAll("input[data-suggestions]")) {
  const boite = champ.closest(".saisie");
  champ.removeAttribute("list"); // deux listes se couvriraient
  const liste = () => document.getElementById(champ.dataset.suggestions);
  const choix = () => [...liste().querySelectorAll("[role=option]")];
  const retenu = () => liste().querySelector("[aria-selected=true]");

  const montrer = (ouverte) => {
    liste().hidden = !ouverte;
    champ.setAttribute("aria-expanded", String(ouverte));
    if (!ouverte) retenir(null);
  };
  const retenir = (option) => {
    retenu()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) champ.setAttribute("aria-activedescendant", option.id);
    else champ.removeAttribute("aria-activedescendant");
  };
  const avancer = (pas) => {
    const options = choix();
    if (!options.length) return;
    montrer(true);
    const ici = options.indexOf(retenu());
    retenir(options[ici < 0 && pas < 0 ? options.length - 1 : (ici + pas + options.length) % options.length]);
  };

  for (const [nom, valeur] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false",
    "aria-controls": champ.dataset.suggestions,
  })) champ.setAttribute(nom, valeur);

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== champ.dataset.suggestions) return;
    if (document.activeElement !== champ) return montrer(false);
    montrer(choix().length > 0);
    document.getElementById(`${champ.dataset.suggestions}-dites`).textContent = champ.value.trim() ? liste().dataset.dit : "";
  });
  champ.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      avancer(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !liste().hidden && retenu()) {
      event.preventDefault();
      retenu().click();
    } else if (event.key === "Escape" && !liste().hidden) {
      event.preventDefault();
      montrer(false);
    }
  });
  champ.addEventListener("focus", () => montrer(choix().length > 0));
  boite.addEventListener("click", (event) => {
    const option = event.target.closest("[data-valeur]");
    if (!option) return;
    champ.value = option.dataset.valeur;
    champ.focus();
    liste().replaceChildren();
    montrer(false);
    champ.dispatchEvent(new Event("change", { bubbles: true }));
  });
  boite.addEventListener("focusout", (event) => {
    if (!boite.contains(event.relatedTarget)) montrer(false);
  });
}

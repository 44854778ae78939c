// Échap referme ce qui s'est ouvert au survol ou au focus (WCAG 1.4.13). Sans ce script, les pages marchent de même.
const racine = document.documentElement;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  racine.dataset.echap = "";
  for (const ouvert of document.querySelectorAll(".deroulant[open]")) ouvert.open = false;
});
for (const retour of ["pointerover", "focusin"]) {
  document.addEventListener(retour, () => delete racine.dataset.echap);
}
// Imprimer n'a de sens qu'avec un script. Le bouton est dans la page, que le style cache sans script : venu après elle, il
// pousserait tout ce qui le suit.
for (const bouton of document.querySelectorAll("[data-imprimer]")) bouton.addEventListener("click", () => print());

// Le tableau d'un résultat, sur place : trier, filtrer, lire pourquoi une cellule est masquée. Sans ce script, les mêmes
// liens et le même formulaire vont au serveur, qui trie et filtre de même ; les boutons ouvrent leurs mots sans script.
// Un tableau de plusieurs pages n'a pas toutes ses lignes ici : le serveur seul le trie et le filtre.
const racine = document.documentElement;
const anglais = racine.lang === "en";
const simple = (texte) => texte.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
const LUES = ["masque", "secret", "sans_objet", "indisponible"];

for (const cadre of document.querySelectorAll(".resultat")) animer(cadre);

function animer(cadre) {
  const corps = cadre.querySelector("tbody");
  const liens = [...cadre.querySelectorAll("a.tri")];
  const textes = cadre.querySelectorAll("thead th:not(.nombre)").length;
  const origine = [...corps.rows];
  const formulaire = document.querySelector("form.filtre");
  const champ = formulaire?.elements.filtre;
  const entier = !("parPages" in cadre.dataset);
  const depart = new URLSearchParams(location.search);
  let tri = depart.get("tri") ?? "";
  const filtres = depart.get("filtre") ?? "";

  // les cellules d'une ligne par colonne : l'en-tête d'un total en couvre plusieurs
  const lignes = new Map(origine.map((ligne) => {
    const cellules = [];
    for (const c of ligne.cells) for (let i = 0; i < c.colSpan; i++) cellules.push(i ? null : c);
    const dits = cellules.slice(0, textes).map((c) => c?.textContent ?? "");
    return [ligne, { cellules, codes: dits.map(simple), texte: simple(dits.join(" ")) }];
  }));

  function nombre(cellule) {
    if (LUES.some((etat) => cellule.classList.contains(etat))) return null;
    const chiffres = cellule.textContent.replace(/[≈\s\u202f\u00a0]/g, "");
    return Number(anglais ? chiffres.replaceAll(",", "") : chiffres.replace(",", "."));
  }

  function parCode(a, b) {
    const [un, autre] = [lignes.get(a).codes, lignes.get(b).codes];
    const i = un.findIndex((code, rang) => code !== autre[rang]);
    return i < 0 ? 0 : un[i] < autre[i] ? -1 : 1;
  }

  // ce qui n'est pas montré vient en dernier, par code, quel que soit l'ordre : sa place ne dit rien
  function ranger() {
    const nom = tri.replace(/^-/, "");
    const colonne = liens.findIndex((lien) => lien.dataset.tri === nom);
    const totaux = origine.filter((ligne) => ligne.classList.contains("total"));
    const details = origine.filter((ligne) => !ligne.classList.contains("total"));
    if (colonne < 0) return corps.append(...origine);
    const cle = (ligne) => {
      const cellule = lignes.get(ligne).cellules[colonne];
      return colonne < textes ? lignes.get(ligne).codes[colonne] : nombre(cellule);
    };
    details.sort(parCode);
    const dites = details.map((ligne) => [cle(ligne), ligne]).filter(([valeur]) => valeur !== null);
    const sens = tri.startsWith("-") ? -1 : 1;
    dites.sort(([a], [b]) => (a < b ? -sens : a > b ? sens : 0));
    const montrees = new Set(dites.map(([, ligne]) => ligne));
    corps.append(...dites.map(([, ligne]) => ligne), ...details.filter((ligne) => !montrees.has(ligne)), ...totaux);
  }

  // d'une cellule masquée à l'autre par les flèches : la première de chaque état est seule dans l'ordre de tabulation
  function arreter() {
    const vus = new Set();
    for (const bouton of corps.querySelectorAll("td button")) {
      const etat = bouton.getAttribute("popovertarget");
      const premier = !bouton.closest("tr").hidden && !vus.has(etat);
      bouton.tabIndex = premier ? 0 : -1;
      if (premier) vus.add(etat);
    }
  }

  function suivant(lien, actuel = tri) {
    const nom = lien.dataset.tri;
    const [premier, second] = lien.closest("th").classList.contains("nombre") ? [`-${nom}`, nom] : [nom, `-${nom}`];
    return actuel === premier ? second : actuel === second ? "" : premier;
  }

  function adresse(ordre) {
    const criteres = location.search.slice(1).split("&").filter((part) => !/^(tri|filtre)=/.test(part));
    const filtre = champ?.value.trim().replace(/\s+/g, " ") ?? filtres;
    if (ordre) criteres.push(`tri=${encodeURIComponent(ordre)}`);
    if (filtre) criteres.push(`filtre=${encodeURIComponent(filtre)}`);
    return `${location.pathname}?${criteres.join("&")}`;
  }

  function dire() {
    history.replaceState(null, "", adresse(tri));
    for (const lien of liens) {
      const entete = lien.closest("th");
      if (lien.dataset.tri !== tri.replace(/^-/, "")) entete.removeAttribute("aria-sort");
      else entete.setAttribute("aria-sort", tri.startsWith("-") ? "descending" : "ascending");
      lien.href = `${adresse(suivant(lien))}#tableau`;
    }
  }

  const venuTrie = tri !== "";
  cadre.querySelector("thead").addEventListener("click", (event) => {
    const lien = event.target.closest("a.tri");
    if (!entier || !lien || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const ordre = suivant(lien);
    if (!ordre && venuTrie) return; // l'ordre premier n'est pas venu : le serveur le connaît
    event.preventDefault();
    tri = ordre;
    const cache = formulaire?.elements.tri;
    if (cache) cache.value = tri;
    ranger();
    arreter();
    dire();
  });

  if (entier && champ && !filtres) { // venues déjà filtrées, les lignes ne sont pas toutes là : le serveur filtre
    const compte = document.querySelector(".compte");
    const ecrire = new Intl.NumberFormat(racine.lang);
    const details = origine.filter((ligne) => !ligne.classList.contains("total"));
    champ.addEventListener("input", () => {
      const mots = simple(champ.value).split(/\s+/).filter(Boolean);
      let vues = 0;
      for (const ligne of details) {
        ligne.hidden = !mots.every((mot) => lignes.get(ligne).texte.includes(mot));
        vues += ligne.hidden ? 0 : 1;
      }
      const toutes = vues === details.length;
      const modele = toutes ? compte.dataset.toutes : vues < 2 ? compte.dataset.une : compte.dataset.plusieurs;
      const dit = modele.replace("{n}", ecrire.format(vues)).replace("{t}", ecrire.format(details.length)).replace(/^1 /, `${vues} `);
      arreter();
      compte.textContent = toutes ? dit : `${dit} ; ${compte.dataset.total}`;
      dire();
    });
    formulaire.addEventListener("submit", (event) => event.preventDefault());
    formulaire.querySelector("button").hidden = true;
  }

  corps.addEventListener("keydown", (event) => {
    const pas = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    const ici = event.target.closest("button");
    if (!pas || !ici) return;
    event.preventDefault();
    const visibles = [...corps.rows].filter((ligne) => !ligne.hidden);
    let rang = visibles.indexOf(ici.closest("tr"));
    let colonne = lignes.get(ici.closest("tr")).cellules.indexOf(ici.closest("td"));
    for (;;) {
      rang += pas[0];
      colonne += pas[1];
      const cellules = visibles[rang] && lignes.get(visibles[rang]).cellules;
      if (!cellules || colonne < 0 || colonne >= cellules.length) return;
      const bouton = cellules[colonne]?.querySelector("button");
      if (bouton) return bouton.focus();
    }
  });
}

// Les mots d'un bouton, près de lui, au survol et au focus ; Échap les referme (WCAG 1.4.13).
let ouvert = null;
let delai = 0;

function montrer(bouton) {
  clearTimeout(delai);
  const mot = document.getElementById(bouton.getAttribute("popovertarget"));
  if (!mot?.showPopover || (ouvert?.bouton === bouton && mot.matches(":popover-open"))) return;
  cacher();
  const raison = bouton.title;
  if (raison && bouton.closest("td")) mot.querySelector("p + p").textContent = raison;
  bouton.removeAttribute("title");
  ouvert = { bouton, mot, raison };
  mot.classList.add("pres");
  mot.showPopover();
  placer();
}

function placer() {
  const { bouton, mot } = ouvert;
  const place = bouton.getBoundingClientRect();
  const dessous = place.bottom + 6 + mot.offsetHeight < innerHeight;
  mot.style.left = `${Math.max(8, Math.min(place.right - mot.offsetWidth, innerWidth - mot.offsetWidth - 8))}px`;
  mot.style.top = `${dessous ? place.bottom + 4 : Math.max(8, place.top - mot.offsetHeight - 4)}px`;
}

function cacher() {
  clearTimeout(delai);
  if (!ouvert) return;
  const { bouton, mot, raison } = ouvert;
  ouvert = null;
  if (raison) bouton.title = raison;
  if (mot.matches(":popover-open")) mot.hidePopover();
}

const vise = (event) => event.target.closest?.("button[popovertarget]");
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const bouton = vise(event);
  if (bouton) delai = setTimeout(montrer, 120, bouton);
  else if (ouvert?.mot.contains(event.target)) clearTimeout(delai);
});
document.addEventListener("pointerout", (event) => {
  if (!ouvert && !vise(event)) return;
  clearTimeout(delai);
  if (ouvert && document.activeElement !== ouvert.bouton) delai = setTimeout(cacher, 200);
});
document.addEventListener("focusin", (event) => {
  const bouton = vise(event);
  if (bouton?.matches(":focus-visible")) montrer(bouton);
});
document.addEventListener("focusout", (event) => {
  if (vise(event) && vise(event) === ouvert?.bouton) cacher();
});
document.addEventListener("click", (event) => { // un toucher, un clic : ouvrir, jamais refermer ce que le survol ouvrit
  const bouton = vise(event);
  if (!bouton) return;
  event.preventDefault();
  montrer(bouton);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") cacher();
});
document.addEventListener("scroll", () => { // le focus fait défiler jusqu'à son bouton : ses mots le suivent
  if (!ouvert) return;
  if (document.activeElement === ouvert.bouton) placer();
  else cacher();
}, { capture: true, passive: true });

// Copier n'a de sens qu'avec un script.
for (const champ of document.querySelectorAll(".textes textarea")) {
  const copier = champ.closest(".textes").dataset;
  const bouton = bouter(copier.copier, async () => {
    await navigator.clipboard.writeText(champ.value);
    bouton.textContent = copier.copie;
    setTimeout(() => { bouton.textContent = copier.copier; }, 2000);
  });
  champ.after(bouton);
}

function bouter(texte, faire) {
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "bouton pale";
  bouton.textContent = texte;
  bouton.addEventListener("click", faire);
  return bouton;
}

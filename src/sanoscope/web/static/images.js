// Rend vives les images d'un résultat quand elles paraissent : <figure class="image" data-spec="…/graphique.json?…">.
// Sans ce script, ou s'il échoue, l'image fixe reste. Rien n'est évalué : Vega lit les expressions par son interpréteur.
// Rien ne bouge de soi-même : il n'y a pas d'animation à réduire.
const VEGA = "/static/vendor/vega/";
const SVG = "http://www.w3.org/2000/svg";
const sombre = matchMedia("(prefers-color-scheme: dark)");

let outils;
const prets = () => (outils ??= charger());

async function charger() {
  await script("vega.min.js");
  await script("vega-lite.min.js");
  const { expressionInterpreter } = await import(`${VEGA}vega-interpreter.js`);
  return { vega: globalThis.vega, vegaLite: globalThis.vegaLite, expressionInterpreter };
}

function script(nom) {
  return new Promise((bien, mal) => {
    const balise = document.createElement("script");
    balise.src = VEGA + nom;
    balise.addEventListener("load", bien);
    balise.addEventListener("error", () => mal(new Error(`${nom} ne se charge pas`)));
    document.head.append(balise);
  });
}

function theme() {
  return document.documentElement.dataset.affichage ?? (sombre.matches ? "sombre" : "clair");
}

// L'infobulle : du texte, jamais du HTML. Elle reste tant qu'on la survole, ne suit pas le pointeur sur une même marque,
// et Échap la ferme (WCAG 1.4.13) : on peut la rejoindre, la lire, la copier.
const REPIT = 250; // ms pour aller de la marque à l'infobulle sans la perdre
const bulle = document.createElement("div");
bulle.className = "infobulle";
bulle.hidden = true;
bulle.setAttribute("role", "tooltip");

let dite = null; // la marque dont l'infobulle parle
let attente = 0;

function taire() {
  clearTimeout(attente);
  bulle.hidden = true;
  dite = null;
}

function dire(_vue, evenement, marque, valeur) {
  if (bulle.matches(":hover")) return;
  clearTimeout(attente);
  if (valeur === null || typeof valeur !== "object") attente = setTimeout(taire, REPIT);
  else if (bulle.hidden) montrer(evenement, marque, valeur);
  else if (marque !== dite) attente = setTimeout(montrer, REPIT / 2, evenement, marque, valeur);
}

bulle.addEventListener("pointerenter", () => clearTimeout(attente));
bulle.addEventListener("pointerleave", () => { attente = setTimeout(taire, REPIT); });

function montrer(evenement, marque, valeur) {
  dite = marque;
  const liste = document.createElement("dl");
  for (const [nom, texte] of Object.entries(valeur)) {
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = nom;
    dd.textContent = texte;
    liste.append(dt, dd);
  }
  bulle.replaceChildren(liste);
  if (!bulle.isConnected) document.body.append(bulle);
  bulle.hidden = false;
  const { clientX: x, clientY: y } = evenement;
  const dessus = y - bulle.offsetHeight - 10;
  bulle.style.left = `${Math.max(4, Math.min(x - bulle.offsetWidth / 2, innerWidth - bulle.offsetWidth - 8))}px`;
  bulle.style.top = `${dessus > 4 ? dessus : y + 14}px`;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") taire();
});

// Les hachures : les mêmes que celles de l'image fixe, dites par la spécification.
function hachures(motifs) {
  const defs = document.createElementNS(SVG, "defs");
  for (const { nom, fond, trait, epaisseur, pas, croise } of motifs) {
    const motif = element(defs, "pattern", {
      id: nom, width: pas, height: pas, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    });
    if (fond) element(motif, "rect", { width: pas, height: pas, fill: fond });
    element(motif, "path", { d: `M0 0V${pas}`, stroke: trait, "stroke-width": epaisseur });
    if (croise) element(motif, "path", { d: `M0 0H${pas}`, stroke: trait, "stroke-width": epaisseur });
  }
  return defs;
}

function element(parent, nom, attributs) {
  const fait = document.createElementNS(SVG, nom);
  for (const [cle, valeur] of Object.entries(attributs)) fait.setAttribute(cle, valeur);
  parent.append(fait);
  return fait;
}

async function aviver(figure) {
  const choisi = theme();
  const reponse = await fetch(`${figure.dataset.spec}&theme=${choisi}`);
  if (!reponse.ok) throw new Error(`${reponse.status}`);
  const spec = await reponse.json();
  const { vega, vegaLite, expressionInterpreter } = await prets();
  const cadre = document.createElement("div");
  cadre.className = "vive";
  cadre.setAttribute("role", "img");
  cadre.setAttribute("aria-label", figure.querySelector("img").alt);
  // à l'ombre : les styles de la page n'entrent pas dans l'image
  const racine = cadre.attachShadow({ mode: "open" });
  const toile = document.createElement("div");
  toile.setAttribute("aria-hidden", "true"); // le cadre dit l'image en entier
  racine.append(toile);
  const fixe = figure.querySelector("picture");
  const ancien = figure.querySelector(".vive");
  const vue = new vega.View(vega.parse(vegaLite.compile(spec).spec, null, { ast: true }), {
    expr: expressionInterpreter,
    renderer: "svg",
    container: toile,
    hover: true,
    loader: { load: () => Promise.reject(new Error("rien ne se charge")), sanitize: () => Promise.reject(new Error("non")) },
    logLevel: vega.Error,
    tooltip: dire,
  });
  await vue.runAsync();
  const dessin = toile.querySelector("svg");
  dessin.prepend(hachures(spec.usermeta.motifs));
  dessin.style.maxWidth = "100%";
  dessin.style.minWidth = "36rem";
  dessin.style.height = "auto";
  dessin.style.display = "block";
  ancien?.remove();
  fixe.hidden = true;
  fixe.after(cadre);
  figure.dataset.theme = choisi;
}

function essayer(figure) {
  aviver(figure).catch((erreur) => console.warn(`L'image fixe reste : ${erreur.message}`));
}

const guet = new IntersectionObserver((vues) => {
  for (const { isIntersecting, target } of vues) {
    if (!isIntersecting) continue;
    guet.unobserve(target);
    essayer(target);
  }
}, { rootMargin: "200px" });

const figures = document.querySelectorAll("figure.image[data-spec]");
figures.forEach((figure) => guet.observe(figure));
sombre.addEventListener("change", () => {
  for (const figure of figures) if (figure.dataset.theme && figure.dataset.theme !== theme()) essayer(figure);
});

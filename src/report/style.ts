/**
 * The style sheet of reports: one column on a phone, plots side by side where there is room, light and dark, and paper.
 */
import { heatSteps } from "./correlation.js";
import { seriesColours } from "./palette.js";

const colours = (ground: "light" | "dark"): string =>
  seriesColours.map((colour, i) => `--s${i}:${colour[ground]}`).join(";");

const light = `color-scheme:light;--paper:#fff;--ink:#1b1b1b;--soft:#595959;--line:#d4d4d4;--tint:#f4f4f2;--link:#00609a;--cold:#0b5fa5;--middle:#f6f6f4;--warm:#b8440b;${colours("light")}`;
const dark = `color-scheme:dark;--paper:#16181b;--ink:#ececec;--soft:#a9adb3;--line:#3b4047;--tint:#1f2327;--link:#7cc0f5;--cold:#62b3f7;--middle:#24282d;--warm:#f58a4b;${colours("dark")}`;

/** Blue for negative, the ground for 0, orange for positive correlations. */
const heat = Array.from({ length: heatSteps + 1 }, (_, step) => {
  const value = (2 * step) / heatSteps - 1;
  const share = Math.round(100 * Math.abs(value));
  const colour = `color-mix(in oklab,var(${value < 0 ? "--cold" : "--warm"}) ${share}%,var(--middle))`;
  return `.h${step}{fill:${colour};background:${colour}}`;
}).join("\n");

/** The style sheet. */
export const style = `
:root{${light}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}
@media screen{:root[data-theme=dark]{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 16px}
header{padding-top:16px}
h1{font-size:1.6rem;line-height:1.25;margin:.4em 0}
h2{font-size:1.3rem;margin:2em 0 .4em;padding-top:.5em;border-top:1px solid var(--line)}
h3{font-size:1.1rem;margin:1.4em 0 .3em}
h4{font-size:.95rem;margin:0 0 .4em;display:flex;justify-content:space-between;gap:1em;align-items:baseline}
p{margin:.4em 0;max-width:75ch}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:16px;top:8px;background:var(--paper);padding:8px;z-index:2}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.5em 0;list-style:none}
nav a{display:inline-block;padding:.3em 0}
button{font:inherit;color:inherit;background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:.35em .8em;cursor:pointer}
#theme{float:right;margin-left:1em}
pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:.7em .9em;white-space:pre-wrap;margin:.5em 0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88rem}
dl{display:grid;grid-template-columns:minmax(7em,max-content) minmax(0,1fr);gap:.15em 1.2em;margin:.5em 0;font-size:.92rem}
dt{color:var(--soft)}
dd{margin:0}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:28px;align-items:start;margin:.8em 0}
@media (min-width:1120px){.figures>.block{grid-column:span 2}}
figure{margin:0;min-width:0;break-inside:avoid;max-width:620px}
.plot{display:block;width:100%;height:auto;overflow:visible;font-size:12px}
.plot text{white-space:pre}
figcaption{font-size:.88rem;margin-top:.4em}
.remark{color:var(--soft);font-size:.88rem}
.toggles{border:1px solid var(--line);border-radius:6px;margin:.8em 0;padding:.3em .8em;display:flex;flex-wrap:wrap;gap:.1em 1.2em}
.toggles legend{font-size:.82rem;color:var(--soft);padding:0 .3em}
.toggles label{display:inline-flex;align-items:center;gap:.45em;min-height:32px;cursor:pointer}
.toggles input{width:18px;height:18px;accent-color:var(--link)}
.off{display:none}
.csv{font-size:.8rem;font-weight:normal;position:relative}
.block{min-width:0}
.table{overflow-x:auto;max-height:32rem;overflow-y:auto;border:1px solid var(--line);border-radius:6px;max-width:max-content}
table{border-collapse:collapse;font-size:.88rem}
caption{text-align:left;font-weight:bold;padding:.5em .7em}
caption .csv{margin-left:1em}
th,td{padding:.25em .7em;text-align:left;border-top:1px solid var(--line);white-space:nowrap}
td:not(.number){white-space:normal;min-width:7em}
thead th{position:sticky;top:0;background:var(--paper);padding:.1em .2em;border-top:0;box-shadow:0 1px 0 var(--line)}
th{overflow-wrap:normal}
th button{background:none;border:0;font-weight:600;padding:.35em .5em;white-space:nowrap}
th button::after{content:" ↕";color:var(--soft)}
th[aria-sort=ascending] button::after{content:" ↑";color:inherit}
th[aria-sort=descending] button::after{content:" ↓";color:inherit}
.number{text-align:right;font-variant-numeric:tabular-nums}
.scale{font-size:.85rem;display:flex;align-items:center;gap:.5em}
.scale span{display:inline-flex;border:1px solid var(--line)}
.scale i{width:11px;height:14px;print-color-adjust:exact}
footer{color:var(--soft);font-size:.85rem;padding-block:2em}
${heat}
@media print{
html{font-size:11px}
body{font-size:1rem}
nav,button#theme,.csv,.data,.skip,th button::after{display:none}
th,td{white-space:normal;padding:.15em .4em}
th button{white-space:normal;padding:0;text-align:inherit}
.table{max-height:none;overflow:visible;border:0}
.toggles{border:0;padding:0}
.toggles input{display:none}
.figures{grid-template-columns:repeat(2,1fr)}
h2,h3,h4{break-after:avoid}
.plot{print-color-adjust:exact}
}
`;

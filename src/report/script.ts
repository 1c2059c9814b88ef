/**
 * The script of reports: sorts tables, hides and shows series, changes between light and dark. Without it the page shows all.
 */

/** Plain JavaScript for the browser, in one piece: the page's policy names its digest. */
export const script = `
"use strict";
for (const box of document.querySelectorAll("input[data-series]")) {
  const marks = box.closest("section").querySelectorAll(".series-" + box.dataset.series);
  const show = () => marks.forEach((mark) => mark.classList.toggle("off", !box.checked));
  box.addEventListener("change", show);
  show();
}
const valueOf = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
};
// Numbers before text, missing values last whichever way.
const compare = (a, b, sign) => {
  const missing = (value) => value === "–";
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  if (typeof a === typeof b && typeof a === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
};
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.parentElement;
    const headings = [...heading.parentElement.cells];
    const column = headings.indexOf(heading);
    const rising = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of headings) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const body = heading.closest("table").tBodies[0];
    const rows = [...body.rows].sort((a, b) => compare(valueOf(a, column), valueOf(b, column), rising ? 1 : -1));
    body.append(...rows);
  });
}
const theme = document.getElementById("theme");
const root = document.documentElement;
const isDark = () =>
  root.dataset.theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : root.dataset.theme === "dark";
const name = () => theme.textContent = isDark() ? "Light" : "Dark";
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  name();
});
theme.hidden = false;
name();
`;

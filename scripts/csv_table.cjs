// A CSV file of an experiment as a Markdown table, for the documentation: numbers with three digits.
//
//     node scripts/csv_table.cjs FILE.csv [COLUMN,COLUMN…]     these columns alone
"use strict";

const fs = require("node:fs");

/** @param {string} line @returns {string[]} of a line of RFC 4180 whose cells hold no line breaks */
function cellsOf(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

/** @param {string} cell @returns {string} */
function shown(cell) {
  if (cell === "" || Number.isNaN(Number(cell))) {
    return cell === "" ? "-" : cell;
  }
  const value = Number(cell);
  const short = Number(value.toPrecision(3));
  if (Math.abs(value) >= 1e5) {
    return short.toExponential().replace("e+", "e");
  }
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(short);
}

const [file, only] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/csv_table.cjs FILE.csv [COLUMN,COLUMN…]");
  process.exit(2);
}
const [header = [], ...rows] = fs.readFileSync(file, "utf8").trimEnd().split("\n").map(cellsOf);
const wanted = only?.split(",") ?? header;
const positions = wanted.map((name) => header.indexOf(name));
console.log(`| ${wanted.join(" | ")} |\n|${wanted.map(() => "---").join("|")}|`);
for (const row of rows) {
  console.log(`| ${positions.map((i) => shown(row[i] ?? "")).join(" | ")} |`);
}

/**
 * Local epochs against a bare stream of dot and axpy over the same rows: bench/native/roofline.cpp, for a loss of which
 * every step moves.
 */
import { join } from "node:path";
import { short } from "../support.js";
import { root, runProcess } from "./processes.js";
import { publishSection } from "./publish.js";

function main(): void {
  if (short) {
    console.log("roofline: left out (short form)");
    return;
  }
  const build = join(root, "build");
  runProcess({ program: "cmake", args: ["--build", build, "--target", "roofline"] });
  const { stdout } = runProcess({ program: join(build, "roofline"), args: ["squared"] });
  const title =
    "A local epoch of the squared loss and a bare stream of dot and axpy, by turns; `ratio`: stream over epoch, 1 is the limit.";
  publishSection("roofline", title, ["```", stdout.trimEnd(), "```"]);
}

main();

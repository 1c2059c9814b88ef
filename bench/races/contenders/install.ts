/**
 * Installs what contenders need of the system.
 */
import { installPackages, missingPackages, racePackages, remedy } from "../../../scripts/system_packages.cjs";
import { racesFolder } from "../race.js";
import { buildClock } from "./liblinear.js";

/** @throws Error with the commands that install it, if liblinear-train is missing and cannot be installed */
export function requireLiblinear(): void {
  const missing = missingPackages(racePackages);
  if (missing.length > 0) {
    console.log(`installing ${missing.map((one) => one.apt).join(", ")} ...`);
    const problem = installPackages(missing);
    if (problem !== undefined) {
      throw new Error(`${problem}\n${remedy(missing)}`);
    }
  }
  racesFolder();
  buildClock();
}

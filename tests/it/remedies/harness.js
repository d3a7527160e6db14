// Runs each snippet of a folder and asks its pool one question. Prints one line a snippet.
const fs = require("node:fs");
const path = require("node:path");

const [folder, question] = process.argv.slice(2);

async function main() {
  console.log("program pg", require("pg/package.json").version);
  for (let number = 0; number < fs.readdirSync(folder).length; number += 1) {
    const text = fs.readFileSync(path.join(folder, String(number)), "utf8");
    let pool;
    try {
      pool = new Function("require", `${text}\nreturn pool;`)(require);
      const result = await pool.query({ text: question, rowMode: "array" });
      console.log("ok", result.rows[0][0]);
    } catch (error) {
      console.log("error", String(error).replaceAll("\n", " "));
    }
    await pool?.end();
  }
}

main();

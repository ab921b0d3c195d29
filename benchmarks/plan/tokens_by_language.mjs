// SPDX-License-Identifier: Apache-2.0
// Count tokens of parallel sentences with o200k_base, the vocabulary of gpt-oss, for src/daulat/plan/data/languages.csv.
//   npm install js-tiktoken@1.0.21 && node tokens_by_language.mjs parallel_train.csv parallel_valid.csv
// The files are NusaX's (github.com/IndoNLP/nusax@75b0be5): one column a language, `english` among them. Prints CSV.
import fs from "node:fs";
import { getEncoding } from "js-tiktoken";

function table(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

const encoding = getEncoding("o200k_base");
const tokens = {}, words = {};
for (const file of process.argv.slice(2)) {
  const [names, ...rows] = table(fs.readFileSync(file, "utf8"));
  for (const row of rows) {
    for (let i = names.indexOf("sentiment") + 1; i < names.length; i++) {
      tokens[names[i]] = (tokens[names[i]] ?? 0) + encoding.encode(row[i], [], []).length;
      words[names[i]] = (words[names[i]] ?? 0) + row[i].trim().split(/\s+/).length;
    }
  }
}
console.log("language,tokens_vs_english,tokens_per_word_vs_english");
for (const name of Object.keys(tokens)) {
  const same = tokens[name] / tokens.english, perWord = (same * words.english) / words[name];
  console.log(`${name},${same.toFixed(3)},${perWord.toFixed(3)}`);
}

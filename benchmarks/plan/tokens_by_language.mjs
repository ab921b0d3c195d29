// SPDX-License-Identifier: Apache-2.0
// Count tokens with o200k_base, the vocabulary of gpt-oss, which no GGUF file of a small model has.
//   npm install js-tiktoken@1.0.21
//   python tokens_by_language.py --texts NUSAX_DIR | node tokens_by_language.mjs > gpt-oss.json
// Comes in: a JSON list of texts. Goes out: the same texts with their counts.
import fs from "node:fs";
import { getEncoding } from "js-tiktoken";

const encoding = getEncoding("o200k_base");
const texts = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(Object.fromEntries(texts.map((text) => [text, encoding.encode(text, [], []).length]))));

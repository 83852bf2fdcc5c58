// Asks for the state of the folder every second and writes it down as text; the picture is drawn by the server when something changed.
const $ = (id) => document.getElementById(id);
const choice = $("choice").elements, night = matchMedia("(prefers-color-scheme: dark)");
const drawn = { asked: "", table: "" };
let state = null;

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const words = (name) => name.replaceAll("_", " ");
const number = (value) => value === null ? "–" : typeof value !== "number" ? String(value)
  : Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));

function time(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
}

function options(select, names, labels = names) {
  if ([...select.options].map((each) => each.value).join("\n") === names.join("\n")) return;
  const before = select.value;
  select.replaceChildren(...names.map((name, at) => Object.assign(node("option", labels[at]), { value: name })));
  if (names.includes(before)) select.value = before;
}

function choices() {
  const { fields, measures } = state;
  options(choice.measure, measures, measures.map(words));
  if (state.kind === "run") return;
  options(choice.along, fields, fields.map(words));
  const others = fields.filter((name) => name !== choice.along.value && name !== "seed");
  const first = choice.by.options.length === 0;
  options(choice.by, ["", ...others], ["all together", ...others.map(words)]);
  if (first && others.some((name) => varies(name))) choice.by.value = others.find((name) => varies(name));
  choice.kind.disabled = choice.by.value === "";
}

const varies = (name) => {
  const at = state.columns.indexOf(name);
  return new Set(state.rows.map((row) => row.cells[at])).size > 1;
};

function picture() {
  const asked = new URLSearchParams({ measure: choice.measure.value, width: Math.round($("choice").clientWidth / 48) / 2, dark: night.matches ? 1 : 0 });
  if (state.kind === "sweep") for (const name of ["along", "by", "kind"]) asked.set(name, choice[name].value);
  asked.set("data", `${state.done} ${state.failed}`); // another address when there is more to draw
  const address = String(asked);
  if (drawn.asked === address) return;
  drawn.asked = address;
  const fresh = new Image();
  // the old one stays until the new one is there
  fresh.onload = () => {
    if (drawn.asked !== address) return;
    $("picture").src = fresh.src;
    $("picture").width = fresh.naturalWidth / 2;
  };
  // asked for again with the next state
  fresh.onerror = () => { if (drawn.asked === address) drawn.asked = ""; };
  fresh.src = `picture?${address}`;
  const { along, by } = choice;
  $("picture").alt = state.kind === "run" ? `${choice.measure.value} over ticks` : `${words(choice.measure.value)} along ${words(along.value)}`;
  $("caption").textContent = state.kind === "run" ? "A point per chunk of the training."
    : `Mean over ${["seed", ...state.fields].filter((name, at, all) => all.indexOf(name) === at && ![along.value, by.value].includes(name)).map(words).join(", ")}`
      + (choice.kind.value === "map" && by.value ? "." : "; the lines are 95 % intervals.");
}

function tiles() {
  const { done, failed, running, total, spent, left, kind } = state;
  const shown = kind === "sweep"
    ? { done: `${number(done)} / ${number(total)}`, failed: number(failed), running: number(running), "time in points": time(spent), left: time(left) }
    : { ticks: `${number(done)} / ${number(total)}`, "time in training": time(spent), left: time(left) };
  $("tiles").replaceChildren(...Object.entries(shown).map(([name, value]) => {
    const tile = node("div");
    tile.append(node("dt", name), node("dd", value));
    return tile;
  }));
  for (const name of ["done", "failed", "running"]) $("bar").querySelector(`.${name}`).style.width = `${100 * state[name] / Math.max(1, total)}%`;
  $("bar").setAttribute("aria-valuemax", total);
  $("bar").setAttribute("aria-valuenow", done + failed);
}

function rows() {
  const wanted = $("filter").value, shown = state.rows.filter((row) => !wanted || row.state === wanted);
  const key = JSON.stringify([state.columns, shown]);
  if (key === drawn.table) return;
  drawn.table = key;
  const sweep = state.kind === "sweep", numeric = state.columns.map((_, at) => state.rows.every(({ cells }) => cells[at] === null || typeof cells[at] === "number"));
  const head = node("tr");
  if (sweep) head.append(node("th", "state"));
  head.append(...state.columns.map((name, at) => node("th", words(name), numeric[at] ? "n" : "")));
  document.querySelector("thead").replaceChildren(head);
  document.querySelector("tbody").replaceChildren(...shown.map((row) => {
    const line = node("tr"), chip = node("td");
    if (sweep) { chip.append(node("span", row.state, `chip ${row.state}`)); line.append(chip); }
    const until = row.error ? state.fields.length : state.columns.length;
    line.append(...row.cells.slice(0, until).map((value, at) => node("td", number(row.state === "waiting" && value === null ? "" : value), numeric[at] ? "n" : "")));
    if (row.error) line.append(Object.assign(node("td", row.error, "error"), { colSpan: state.measures.length }));
    return line;
  }));
  $("rows").textContent = sweep ? "Points" : "Trace, latest first";
  $("hidden").textContent = state.hidden ? `${number(state.hidden)} more are not shown.` : "";
}

function show() {
  document.body.className = state.kind;
  $("name").textContent = state.name;
  $("about").textContent = state.about;
  document.title = `${state.done + state.failed} / ${state.total} · ${state.name}`;
  light(state.state);
  tiles();
  choices();
  if (state.measures.length && choice.measure.value) picture();
  rows();
}

function light(word) {
  if ($("state").textContent === word) return;
  $("state").textContent = word;
  $("state").className = `light ${word}`;
}

async function look() {
  try {
    const answer = await fetch("state");
    if (!answer.ok) throw new Error(await answer.text());
    state = await answer.json();
    show();
  } catch (error) {
    light("lost");
    $("state").title = String(error.message || error);
  }
  setTimeout(look, 1000);
}

for (const on of ["choice", "filter"]) $(on).addEventListener("change", () => state && show());
for (const [from, on] of [[night, "change"], [window, "resize"]]) from.addEventListener(on, () => state && show());
look();

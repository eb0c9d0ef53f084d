"use strict";
// Filters the lines of all tables by finding, category and text, and sorts those that may be
// sorted, within their groups. Nothing is fetched or kept.
(function () {
  const chosen = { finding: new Set(), group: new Set() };
  const all = (what) => Array.from(document.querySelectorAll(what));
  const lines = all("tr[data-group]").filter((line) => !line.classList.contains("group"));
  const heads = all("tr.group");
  const buttons = all("button[data-kind]");
  const tiles = all("button[data-item]");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");

  function fits(element, kind) {
    return chosen[kind].size === 0 || chosen[kind].has(element.dataset[kind]);
  }
  function show() {
    const wanted = search ? search.value.trim().toLocaleLowerCase() : "";
    let count = 0;
    for (const line of lines) {
      const fit = (!line.dataset.finding || fits(line, "finding")) && fits(line, "group") &&
        (!wanted || line.textContent.toLocaleLowerCase().includes(wanted));
      line.hidden = !fit;
      count += fit ? 1 : 0;
    }
    for (const head of heads) {
      let next = head.nextElementSibling;
      let any = false;
      while (next && !next.classList.contains("group")) {
        any = any || !next.hidden;
        next = next.nextElementSibling;
      }
      head.hidden = !any;
    }
    for (const tile of tiles) {
      tile.classList.toggle("faded", !(fits(tile, "finding") && fits(tile, "group")));
    }
    for (const button of buttons) {
      const value = button.dataset[button.dataset.kind];
      button.setAttribute("aria-pressed", String(chosen[button.dataset.kind].has(value)));
    }
    if (shown) { shown.textContent = String(count); }
  }
  for (const button of buttons) {
    button.addEventListener("click", function () {
      const held = chosen[button.dataset.kind];
      const value = button.dataset[button.dataset.kind];
      if (!held.delete(value)) { held.add(value); }
      show();
    });
  }
  for (const tile of tiles) {
    tile.addEventListener("click", function () {
      const line = lines.find((one) => one.dataset.anchor === tile.dataset.item);
      if (!line) { return; }
      if (line.hidden) { reset(); }
      for (const one of all("tr.pointed")) { one.classList.remove("pointed"); }
      line.classList.add("pointed");
      line.focus({ preventScroll: true });
      line.scrollIntoView({ block: "center" });
    });
  }
  function reset() {
    chosen.finding.clear();
    chosen.group.clear();
    if (search) { search.value = ""; }
    show();
  }
  function key(line, at) {
    const cell = line.cells[at];
    if (!cell) { return ["", NaN]; }
    return [cell.textContent.trim(), parseFloat(cell.dataset.number)];
  }
  function order(one, other, at, way) {
    const [text, number] = key(one, at);
    const [another, second] = key(other, at);
    // what has no number stands at the end, whichever way is sorted
    if (isNaN(number) !== isNaN(second)) { return isNaN(number) ? 1 : -1; }
    if (!isNaN(number)) { return way * (number - second); }
    return way * text.localeCompare(another, document.documentElement.lang, { numeric: true });
  }
  function sort(table, at) {
    const head = table.tHead.rows[0].cells[at];
    const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const one of table.tHead.rows[0].cells) { one.removeAttribute("aria-sort"); }
    head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
    const body = table.tBodies[0];
    let group = [];
    const groups = [group];
    for (const line of Array.from(body.rows)) {
      if (line.classList.contains("group")) { groups.push(line); group = []; groups.push(group); }
      else { group.push(line); }
    }
    for (const one of groups) {
      if (!Array.isArray(one)) { body.append(one); continue; }
      one.sort((a, b) => order(a, b, at, way));
      body.append(...one);
    }
  }
  for (const table of all("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach(function (cell, at) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      cell.dataset.said = cell.textContent;
      button.addEventListener("click", () => sort(table, at));
      cell.replaceChildren(button);
    });
  }
  const again = document.getElementById("all");
  if (again) { again.addEventListener("click", reset); }
  if (search) { search.addEventListener("input", show); }
  for (const tools of all(".tools")) { tools.hidden = false; }
  show();
})();

// Filters, search and the drawing. No text of a paper passes through here as markup; the page works without it.
"use strict";
(function () {
  var lines = Array.from(document.querySelectorAll("#lines .line, #lines .waiting li"));
  var parts = Array.from(document.querySelectorAll("#lines .part"));
  var search = document.getElementById("search");
  var section = document.getElementById("section");
  var said = document.getElementById("shown");
  var texts = new Map(lines.map(function (line) { return [line, line.textContent.toLowerCase()]; }));
  var labels = new Map(lines.map(function (line) {
    var label = line.querySelector("header h3, .number");
    return [line, label ? label.textContent.trim().toLowerCase() : ""];
  }));
  var numbers = new Set(labels.values());
  var single = lines.filter(function (line) { return !line.classList.contains("waiting"); });

  function verdicts() {
    var radio = document.querySelector(".filter input:checked");
    var named = radio ? radio.id.replace("show-", "") : "all";
    return named === "all" ? null : named === "findings" ? ["refuted", "conditional"] : [named];
  }

  function matches(line, term) {
    var number = term.startsWith("(") ? numbers.has(term) : false;
    return number ? labels.get(line) === term : texts.get(line).includes(term);
  }

  function filter() {
    var wanted = verdicts();
    var terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var busy = Boolean(wanted || terms.length || section.value);
    var count = 0;
    single.forEach(function (line) {
      var open = Boolean(line.closest(".waiting"));
      var shown = (!wanted || wanted.some(function (one) {
        return open ? one === "open" : line.classList.contains("v-" + one);
      })) ? terms.every(function (term) { return matches(line, term); }) : false;
      if (section.value) shown = line.closest(".part").id === section.value ? shown : false;
      line.hidden = !shown;
      count += shown ? 1 : 0;
    });
    document.querySelectorAll("#lines .waiting").forEach(function (box) {
      box.hidden = !box.querySelector("li:not([hidden])");
      if (terms.length ? !box.hidden : false) box.open = true;
    });
    parts.forEach(function (part) {
      part.hidden = !part.querySelector(".line:not([hidden])");
    });
    said.textContent = count === 0 ? "No line matches." :
      (busy ? "Showing " + count + " of " : "All ") + single.length + " lines.";
    document.getElementById("clear").hidden = !busy;
    reachable();
  }

  function clear() {
    search.value = "";
    section.value = "";
    document.getElementById("show-all").checked = true;
    filter();
  }

  function arrive() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) clear();
    var box = target.closest("details");
    if (box) box.open = true;
    target.scrollIntoView();
  }

  function related(number, from, to) {
    var found = new Set([number]), todo = [number];
    while (todo.length) {
      var here = todo.pop();
      edges.forEach(function (edge) {
        if (edge.dataset[from] === here) {
          if (!found.has(edge.dataset[to])) { found.add(edge.dataset[to]); todo.push(edge.dataset[to]); }
        }
      });
    }
    return found;
  }

  var edges = Array.from(document.querySelectorAll(".graph .edge"));
  var nodes = Array.from(document.querySelectorAll(".graph .node"));
  function trace(node) {
    var number = node.dataset.line;
    var above = related(number, "to", "from"), below = related(number, "from", "to");
    nodes.forEach(function (one) {
      var on = above.has(one.dataset.line) || below.has(one.dataset.line);
      one.classList.toggle("dim", !on);
    });
    edges.forEach(function (edge) {
      var up = above.has(edge.dataset.to), down = below.has(edge.dataset.from);
      edge.classList.toggle("on", up || down);
      edge.classList.toggle("dim", !(up || down));
    });
  }
  function untrace() {
    nodes.concat(edges).forEach(function (one) { one.classList.remove("dim", "on"); });
  }
  nodes.forEach(function (node) {
    node.addEventListener("mouseenter", function () { trace(node); });
    node.addEventListener("focus", function () { trace(node); });
    node.addEventListener("mouseleave", untrace);
    node.addEventListener("blur", untrace);
  });

  // What scrolls sideways can be reached by the keyboard.
  function reachable() {
    document.querySelectorAll("dd p, .why").forEach(function (text) {
      if (text.scrollWidth > text.clientWidth) text.tabIndex = 0;
      else text.removeAttribute("tabindex");
    });
  }
  window.addEventListener("resize", reachable);
  document.querySelectorAll("details").forEach(function (box) { box.addEventListener("toggle", reachable); });

  document.querySelectorAll(".filter input").forEach(function (radio) { radio.addEventListener("change", filter); });
  search.addEventListener("input", filter);
  section.addEventListener("change", filter);
  document.getElementById("clear").addEventListener("click", clear);
  document.querySelector(".tools").hidden = false;
  window.addEventListener("hashchange", arrive);
  filter();
  reachable();
  if (document.fonts) document.fonts.ready.then(reachable);
  if (location.hash) arrive();
})();

/// The style sheet and the script of the HTML report: the report is complete without the script.
enum HTMLAssets {
  static let style = """
    :root {
      --paper: #faf9f6; --card: #ffffff; --ink: #22262b; --soft: #5f6770; --line: #e2dfd8;
      --faint: #f1efe9; --red: #b3261e; --red-soft: #fbe6e3; --amber: #93590a;
      --amber-soft: #fbeed6; --green: #2b6b46; --green-soft: #e2f0e6; --blue: #2d5b8c;
      --blue-soft: #e3ecf6; --bar: #e8e6e0; --band: #c9852a; --violet: #6b4a92;
      --violet-soft: #eee7f6;
      --f0: #2d5b8c; --f1: #2b7a5d; --f2: #8a4f8c; --f3: #96611a; --f4: #5b6470; --f5: #a23b52;
      --f6: #3c7d8c; --f7: #6d6d1f;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
      --sans: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
      --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Source Serif 4", Georgia,
        "DejaVu Serif", serif;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181b; --card: #1d2024; --ink: #e5e3dd; --soft: #9ea6af; --line: #31363c;
        --faint: #24282d; --red: #ff8f84; --red-soft: #44211f; --amber: #e8b868;
        --amber-soft: #3d301a; --green: #86c9a0; --green-soft: #1e3528; --blue: #8fb9e3;
        --blue-soft: #1f3246; --bar: #33383f; --band: #d99a45; --violet: #c3a6e6;
        --violet-soft: #33284a;
        --f0: #8fb9e3; --f1: #7cc7a6; --f2: #d09ad2; --f3: #dfae66; --f4: #aab2bb; --f5: #f093a5;
        --f6: #85c6d4; --f7: #c9c96d;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1120px; padding: 48px 32px 64px; background: var(--paper);
      color: var(--ink); font: 15px/1.55 var(--sans); }
    header { margin-bottom: 28px; }
    .overline { margin: 0 0 6px; color: var(--soft); font-size: 13px; letter-spacing: .02em; }
    h1 { margin: 0 0 14px; font: 600 38px/1.15 var(--serif); letter-spacing: -.01em; }
    header.violation h1 { color: var(--red); }
    header.unknown h1 { color: var(--amber); }
    header.linearizable h1 { color: var(--green); }
    .lead { margin: 0 0 6px; max-width: 46em; font-size: 18px; line-height: 1.5; }
    h2 { margin: 0 0 6px; font: 600 22px/1.25 var(--serif); }
    h3 { margin: 22px 0 6px; font-size: 15px; }
    section { margin-top: 48px; }
    .caption, caption { margin: 0 0 14px; max-width: 52em; color: var(--soft); font-size: 14px; }
    code, pre { font-family: var(--mono); font-size: .88em; overflow-wrap: anywhere; }
    a { color: var(--blue); }
    :focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px; }
    .card { padding: 16px 18px; background: var(--card); border: 1px solid var(--line);
      border-top: 3px solid var(--soft); border-radius: 6px; }
    .card h2 { margin: 0; color: var(--soft); font: 600 13px/1.4 var(--sans); }
    .card p { margin: 0; color: var(--soft); font-size: 13.5px; overflow-wrap: anywhere; }
    .card p.state { margin: 8px 0 4px; color: var(--ink); font: 600 21px/1.25 var(--serif); }
    .card.bad { border-top-color: var(--red); } .card.bad p.state { color: var(--red); }
    .card.good { border-top-color: var(--green); } .card.good p.state { color: var(--green); }
    .card.unsure { border-top-color: var(--amber); } .card.unsure p.state { color: var(--amber); }
    .scroll { overflow-x: auto; }
    .picture { display: flex; padding: 14px 16px 10px; background: var(--card); border: 1px solid var(--line);
      border-radius: 6px; }
    .picture .scroll { flex: 1; } .names { flex: none; } .names text { font-size: 12.5px; }
    .detail { min-height: 3.1em; margin: 10px 0; padding: 8px 12px; background: var(--faint);
      border-radius: 4px; font-size: 13.5px; overflow-wrap: anywhere; }
    table { border-collapse: collapse; min-width: 60%; font-size: 14px;
      font-variant-numeric: tabular-nums; }
    th { padding: 5px 22px 5px 0; border-bottom: 1px solid var(--soft); color: var(--soft);
      font-weight: 500; font-size: 13px; text-align: left; white-space: nowrap; }
    td { padding: 5px 22px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top;
      overflow-wrap: anywhere; }
    .n { text-align: right; white-space: nowrap; }
    .short { color: var(--red); }
    .shortfalls { margin: 0 0 16px; padding: 12px 16px 12px 32px; background: var(--amber-soft);
      border-radius: 6px; font-size: 14px; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 0; }
    dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
    pre { margin: 0; padding: 12px 16px; background: var(--faint); border-radius: 6px;
      white-space: pre-wrap; }
    .prompt { color: var(--soft); user-select: none; }
    details { margin-top: 20px; } summary { cursor: pointer; margin-bottom: 8px; }
    footer { margin-top: 64px; padding-top: 12px; border-top: 1px solid var(--line);
      color: var(--soft); font-size: 13px; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; padding: 0;
      list-style: none; color: var(--soft); font-size: 13px; }
    .k { display: inline-block; width: 18px; height: 11px; margin-right: 7px; border-radius: 3px;
      border: 1.5px solid transparent; }
    .k.impossible { background: var(--red); }
    .k.writer { background: var(--blue-soft); border-color: var(--blue); }
    .k.overwriter { background: var(--violet-soft); border-color: var(--violet); }
    .k.plain { background: var(--bar); }
    .k.pending { background: var(--amber-soft); border: 1.5px dashed var(--amber); }
    .k.band { background: color-mix(in srgb, var(--band) 25%, transparent); }
    .mark-fail { color: var(--soft); font-weight: 600; }
    .mark-info { color: var(--amber); font-weight: 600; }
    svg { display: block; font-family: var(--sans); }
    svg text { fill: var(--ink); }
    .lane, .tick { stroke: var(--line); }
    .band { fill: var(--band); fill-opacity: .11; }
    \(lanes)
    \(plots)
    @media (max-width: 640px) { body { padding: 24px 16px; } h1 { font-size: 30px; } }
    @media print {
      body { max-width: none; padding: 0; background: #fff; font-size: 11pt; }
      section, .card, figure { break-inside: avoid; } .scroll { overflow: visible; }
      svg.lanes { width: 100%; height: auto; } .detail { display: none; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """

  private static let lanes = """
    .lanes .number { fill: var(--soft); }
    .lanes .time { fill: var(--soft); font-size: 11px; }
    .lanes .fault text { fill: var(--amber); font-size: 11px; }
    .op text { font: 12px var(--mono); }
    .op rect, .op path { fill: var(--bar); stroke: var(--card); stroke-width: 1.5; }
    .op.impossible rect, .op.impossible path { fill: var(--red); stroke: var(--red); }
    .op.impossible text { fill: var(--card); font-weight: 700; }
    .op.writer rect, .op.writer path { fill: var(--blue-soft); stroke: var(--blue); }
    .op.overwriter rect, .op.overwriter path { fill: var(--violet-soft); stroke: var(--violet); }
    .op.pending path { fill: var(--amber-soft); stroke: var(--amber); stroke-dasharray: 4 3; }
    .op { cursor: default; outline: none; }
    .op:hover rect, .op:hover path, .op:focus rect, .op:focus path { stroke: var(--ink);
      stroke-width: 2; }
    .point { fill: var(--ink); stroke: var(--card); stroke-width: 1.5; }
    .drop { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; }
    .state rect { fill: var(--faint); stroke: var(--line); }
    .state text { font: 12px var(--mono); text-anchor: middle; }
    .state text.number { font: 11px var(--sans); fill: var(--soft); }
    .state.none rect { fill: var(--red-soft); stroke: var(--red); }
    .state.none text { fill: var(--red); }
    .drop.culprit { stroke: var(--red); stroke-dasharray: 4 3; }
    .state.none text.number { fill: var(--red); }
    .gap rect { fill: var(--card); fill-opacity: .45; stroke: var(--line); stroke-dasharray: 3 4; }
    .gap text { fill: var(--soft); font-size: 11px; text-anchor: middle; }
    """

  private static let plots = """
    svg.plot { width: 100%; height: auto; overflow: visible; }
    figure { margin: 0 0 18px; } figcaption { margin-bottom: 2px; font-size: 14px; }
    figcaption span { color: var(--soft); font-size: 13px; }
    .axis { font-size: 11px; } svg .axis { fill: var(--soft); }
    .mid { text-anchor: middle; } .end { text-anchor: end; }
    .grid { stroke: var(--line); stroke-width: .7; }
    .phase rect { fill: var(--faint); } .phase text { fill: var(--soft); font-size: 11px; }
    .mark rect { fill: var(--band); fill-opacity: .24; stroke: var(--band); stroke-opacity: .5; }
    .mark text { font-size: 11px; } .mark.unverified rect { stroke-dasharray: 3 3; }
    .mark.unhealed rect { stroke: var(--red); stroke-opacity: 1; }
    .dots { fill: none; stroke-linecap: round; }
    .dots.ok { stroke-width: 2.4; stroke-opacity: .5; }
    .dots.fail { stroke: var(--soft) !important; stroke-width: 1.3; }
    .dots.info { stroke: var(--amber) !important; stroke-width: 1.3; }
    .quantile { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
    .p99 { stroke-dasharray: 5 3; stroke-opacity: .8; }
    .area.ok { fill: var(--f0); fill-opacity: .4; } .area.fail { fill: var(--soft); }
    .area.info { fill: var(--amber); fill-opacity: .8; }
    .f0 { stroke: var(--f0); } .f1 { stroke: var(--f1); } .f2 { stroke: var(--f2); }
    .f3 { stroke: var(--f3); } .f4 { stroke: var(--f4); } .f5 { stroke: var(--f5); }
    .f6 { stroke: var(--f6); } .f7 { stroke: var(--f7); }
    b.f0 { color: var(--f0); } b.f1 { color: var(--f1); } b.f2 { color: var(--f2); }
    b.f3 { color: var(--f3); } b.f4 { color: var(--f4); } b.f5 { color: var(--f5); }
    b.f6 { color: var(--f6); } b.f7 { color: var(--f7); }
    """

  static let script = """
    "use strict";
    for (const picture of document.querySelectorAll(".picture")) {
      const detail = picture.nextElementSibling;
      const operations = [...picture.querySelectorAll(".op")];
      const show = (operation) => {
        detail.textContent = operation.getAttribute("aria-label");
      };
      operations.forEach((operation, i) => {
        operation.addEventListener("mouseenter", () => show(operation));
        operation.addEventListener("focus", () => show(operation));
        operation.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          const next = step && operations[i + step];
          if (next) { event.preventDefault(); next.focus(); }
        });
      });
      const culprit = picture.querySelector(".op.impossible");
      if (culprit) {
        show(culprit);
        const place = culprit.getBoundingClientRect();
        const scroll = picture.querySelector(".scroll");
        scroll.scrollLeft += place.right - scroll.getBoundingClientRect().right + 170;
      }
    }
    """
}

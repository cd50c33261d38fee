() => {
  // What is done with an answer inside the conversation is told to the program by one component.
  const names = () => document.getElementById("fmqa-names")?.dataset ?? {};
  const busy = () => document.querySelector("#fmqa-box textarea")?.disabled;
  const placeOf = (button) => Number(button.closest(".fmqa-actions").id.split("-")[1]);
  const questionOf = (place) => document.querySelectorAll("#fmqa-chat .fmqa-question")[place];

  const SAID = ".fmqa-verbatim, .fmqa-edited, .fmqa-supported";
  const inText = (one) => {
    if (one.matches("a.fmqa-mark")) return `[${one.textContent.trim()}]`;
    return one.matches(".fmqa-supported") ? one.textContent : `“${one.textContent}”`;
  };
  const asText = (message) => {
    const lines = [...message.querySelectorAll(".fmqa-answer :is(p, li)")].map((line) => {
      const words = [...line.querySelectorAll(`${SAID}, a.fmqa-mark`)].map(inText).join(" ");
      return (line.matches("li") ? "- " : "") + words.replaceAll("] [", "][");
    });
    if (!lines.length) lines.push(...[...message.querySelectorAll(".fmqa-abstained p")].map((one) => one.textContent));
    const sources = [...message.querySelectorAll("a.fmqa-card")].map((card) => {
      const paper = card.closest(".fmqa-source");
      const part = (of, name) => of.querySelector(name).textContent.trim();
      const about = [part(paper, ".fmqa-meta"), part(card, ".fmqa-where")].filter(Boolean).join(" · ");
      return [Number(part(card, ".fmqa-number")), `${part(paper, ".fmqa-title")}, ${about}`];
    });
    const listed = sources.sort((one, other) => one[0] - other[0]).map(([number, told]) => `[${number}] ${told}`);
    return [lines.join("\n\n"), listed.join("\n")].filter(Boolean).join("\n\n");
  };

  const copy = async (button) => {
    const text = asText(button.closest("[data-testid=bot]") ?? button.closest(".message-row"));
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or an address that isn't local
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const name = button.textContent;
    button.textContent = names().copied;
    setTimeout(() => { button.textContent = name; }, 1500);
  };

  const edit = (place) => {
    const shown = questionOf(place);
    if (!shown || shown.querySelector("textarea")) return;
    const before = [...shown.childNodes];
    const area = document.createElement("textarea");
    area.value = shown.innerText;
    area.setAttribute("aria-label", names().question);
    area.rows = 2;
    const button = (name, does, kind) => {
      const one = Object.assign(document.createElement("button"), { type: "button", textContent: name, className: `fmqa-do ${kind}` });
      one.addEventListener("click", does);
      return one;
    };
    const leave = () => shown.replaceChildren(...before);
    const save = () => {
      const question = area.value.trim();
      leave();
      if (question && !busy()) window.fmqaTell("submit", { question, place });
    };
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); leave(); }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); save(); }
    });
    shown.replaceChildren(area, button(names().save, save, "fmqa-save"), button(names().leave, leave, ""));
    area.focus();
  };

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.fmqa-takeaway[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const button = event.target.closest?.("#fmqa-chat button.fmqa-do");
    if (!button) return;
    if (button.matches(".fmqa-asking")) {
      if (!busy()) window.fmqaTell("submit", { question: button.textContent, place: -1 });
    } else if (button.matches(".fmqa-copy")) copy(button);
    else if (button.matches("[class*=fmqa-take-]")) {
      const form = /fmqa-take-(\w+)/.exec(button.className)[1];
      const place = button.closest(".fmqa-of-all") ? -1 : placeOf(button);
      window.fmqaTell("download", { form, place });
      button.closest("details").open = false;
    }
    else if (button.matches(".fmqa-again")) {
      if (!busy()) window.fmqaTell("submit", { question: "", place: placeOf(button) });
    } else if (button.matches(".fmqa-edit")) edit(placeOf(button));
    else if (button.matches(".fmqa-up, .fmqa-down")) {
      const given = button.matches(".fmqa-up") ? 1 : -1;
      const rating = button.matches(".fmqa-given") ? 0 : given;
      window.fmqaTell("select", { place: placeOf(button), rating });
    }
  });
}

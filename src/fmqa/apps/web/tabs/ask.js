() => {
  // A new question goes to the top of the view, so that its answer is read from its beginning.
  let questions = 0;
  const names = document.getElementById("fmqa-names")?.dataset ?? {};
  const header = document.querySelector(".fmqa-header");
  if (header) document.documentElement.lang = header.lang;
  const look = () => {
    const all = document.querySelectorAll("#fmqa-chat .fmqa-question");
    if (all.length > questions) {
      all[all.length - 1].scrollIntoView({ block: "start", behavior: "smooth" });
    }
    questions = all.length;
    // The component's sanitizer takes ARIA out of what the program writes.
    for (const button of document.querySelectorAll("#fmqa-chat :is(.fmqa-up, .fmqa-down)")) {
      const pressed = String(button.matches(".fmqa-given"));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    for (const mark of document.querySelectorAll("#fmqa-chat a.fmqa-mark:not([aria-label])")) {
      mark.setAttribute("aria-label", `${names.source} ${mark.textContent.trim()}`);
    }
    // The component reads its own markup out to screen readers.
    for (const [role, name] of [["user", names.question], ["bot", names.answer]]) {
      for (const message of document.querySelectorAll(`#fmqa-chat [data-testid="${role}"]`)) {
        if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
      }
    }
  };
  new MutationObserver(look).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
  });
}

// Before anything is drawn, and so no module: the theme that was chosen last, if one was.
document.documentElement.dataset.theme = localStorage.getItem("rxconvo.theme") ?? "auto";

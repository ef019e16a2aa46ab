package gallery

import "testing"

func TestAChartIsDrawnFromItsNumbersInTheThemesColours(t *testing.T) {
	ctx, _ := open(t, "home-week", 1440)
	const bars = `document.querySelectorAll("[data-chart] svg path[fill='" + getComputedStyle(document.documentElement).getPropertyValue("--ph-chart").trim() + "']").length`
	holds(t, ctx, `document.querySelectorAll("[data-chart] > div > svg").length === 2`)
	holds(t, ctx, bars+` >= 7`)
	holds(t, ctx, `[...document.querySelectorAll("[data-chart] svg text")].some((e) => e.textContent === "7 days before")`)
	run(t, ctx, `window.blocked = 0; document.addEventListener("securitypolicyviolation", () => window.blocked++); document.documentElement.dataset.bsTheme = "dark"`)
	holds(t, ctx, `getComputedStyle(document.documentElement).getPropertyValue("--ph-chart").trim() === "#86a5ca" && `+bars+` >= 7`)
	run(t, ctx, `const old = document.querySelector("[data-chart]"), fresh = old.cloneNode(false); old.replaceWith(fresh); document.dispatchEvent(new CustomEvent("htmx:after:swap"))`)
	holds(t, ctx, `document.querySelectorAll("[data-chart] > div > svg").length === 2 && window.blocked === 0`)
}

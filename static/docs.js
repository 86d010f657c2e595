// Starts the viewer of /api/docs. It asks this site only, and forgets the token with the page.
"use strict";
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
const place = document.getElementById("docs");
const show = (spec) => {
  // Scripts cannot send a cookie of their own; the browser adds the one of who is logged in here.
  delete spec.components.securitySchemes.cookie;
  for (const path of Object.values(spec.paths)) {
    for (const action of Object.values(path)) {
      if (action.security) action.security = action.security.filter((way) => !("cookie" in way));
    }
  }
  SwaggerUIBundle({
    domNode: place,
    spec,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
};
fetch(place.dataset.document).then((answer) => answer.json()).then(show, () => {
  place.textContent = "The document did not arrive. Load this page again.";
});

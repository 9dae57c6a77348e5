// The one style of all pages. Classes only: the content security policy takes no style attribute.

export const css = `:root{color-scheme:light dark;--page:#f1f3f5;--card:#fff;--ink:#1d2126;--soft:#525b65;--line:#c9d0d7;--link:#0b57d0}
@media (prefers-color-scheme:dark){:root{--page:#15181c;--card:#1e2227;--ink:#e9ecef;--soft:#b3bbc4;--line:#3d444c;--link:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0;padding:12px 8px 40px;background:var(--page);color:var(--ink);font:16px/1.5 'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:960px;margin:0 auto}
a{color:var(--link)}
.card{background:var(--card);border-radius:6px;padding:16px 20px}`;

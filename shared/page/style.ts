// The one style of all pages. Classes only: the content security policy takes no style attribute. Colours are in pairs
// for light and dark, each above the contrast that WCAG 2.2 AA asks for.
import { html } from '../mail/html.ts';
import { colourOf } from '../summary/verdict-colour.ts';

export const css = html`:root{color-scheme:light dark;--page:#f1f3f5;--card:#fff;--ink:#1d2126;--soft:#525b65;--line:#8a929b;--thin:#d5dae0;--link:#0b4fc0;--now:#fff4d6;--mono:#eceff2;--bad:#b3261e;--wait:#8a5a00;--good:#1b6e3c;--dot:#6b747e}
@media (prefers-color-scheme:dark){:root{--page:#15181c;--card:#1e2227;--ink:#e9ecef;--soft:#b3bbc4;--line:#7d8791;--thin:#3d444c;--link:#9ec1ff;--now:#2a2f36;--mono:#15181c;--bad:#ff8a80;--wait:#ffc46b;--good:#7bd79b;--dot:#9aa3ad}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:var(--card);padding:8px 12px;z-index:1}
.band{color:#fff;padding:14px 16px 16px}
.band>div,main,footer{max-width:920px;margin:0 auto}
.band a{color:#fff}
.band h1{margin:4px 0 2px;font-size:28px;line-height:34px}
.band p{margin:0}
.alarm{background:${colourOf.alarm}}.waiting{background:${colourOf.waiting}}.well{background:${colourOf.well}}.quiet{background:${colourOf.quiet}}
main{padding:0 8px}
section,.lead,footer{background:var(--card);border-radius:6px;padding:14px 18px;margin:12px 0}
.lead{font-size:17px}
#now{background:var(--now)}
h2{margin:0 0 6px;font-size:15px;color:var(--soft)}
#now h2{color:var(--ink);font-size:18px}
h3{margin:12px 0 4px;font-size:15px}
ul,ol{margin:0;padding:0 0 0 22px}
ul{list-style:none;padding:0}
li{margin:0 0 10px}
ol>li.u{list-style:disclosure-closed;counter-increment:list-item 0}
#now>ol>li>b{font-size:17px}
.d{color:var(--soft);font-size:15px}
#now .d{color:var(--ink)}
.d+pre,pre{margin:6px 0 0;padding:6px 10px;background:var(--mono);border-radius:5px;font:13px/1.5 Consolas,Menlo,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.go{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;margin:6px 0 0}
.go a,button,.actions a{display:inline-block;min-height:36px;padding:6px 14px;border-radius:5px;font:inherit;font-weight:600;text-decoration:none;border:2px solid var(--link);color:var(--link);background:var(--card)}
.go a.x{border:0;padding:6px 0;background:none;font-weight:400;text-decoration:underline}
button{background:var(--link);color:var(--card);cursor:pointer}
a.b:hover,button:hover{text-decoration:underline}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0;list-style:none;padding:0}
.actions li{margin:0}
details{margin:4px 0 0}
summary{cursor:pointer;color:var(--link);min-height:24px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);padding:0 0 4px}
th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--thin)}
th{font-weight:600}
thead th,.k{overflow-wrap:normal}
.k .d{font-weight:400}
td.v{font-family:Consolas,Menlo,monospace;font-size:13px}
.scroll{overflow-x:auto}
.bad{color:var(--bad);font-weight:600}.wait{color:var(--wait);font-weight:600}.good{color:var(--good)}
svg{display:block;width:100%;height:16px}svg.line{height:48px}
svg .w{fill:var(--dot)}svg .r{fill:var(--link)}svg .f{fill:var(--bad)}svg .ok{fill:var(--good)}svg .al{fill:var(--wait)}
.ends{display:flex;justify-content:space-between;gap:12px;font-size:13px;color:var(--soft)}
.bars li{display:grid;grid-template-columns:15em 1fr 13em;gap:0 12px;align-items:center;margin:0;font-size:13px;line-height:20px}
.bars .d{font-size:13px}
.lanes li{display:grid;grid-template-columns:14em 1fr;gap:0 12px;align-items:center;margin:0;font-size:14px;line-height:22px}
.pass{font:600 30px/1.3 Consolas,Menlo,monospace;margin:8px 0;user-select:all}
label,legend{font-weight:600}
select:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.filters{display:grid;grid-template-columns:2fr 1fr 1fr auto;gap:0 12px;align-items:end;background:var(--card);border-radius:6px;padding:4px 18px 12px;margin:12px 0}
.filters p{margin:8px 0 0}
label.o{font-weight:400;display:block;padding:4px 0}
fieldset{border:1px solid var(--thin);border-radius:5px;margin:0 0 14px;padding:8px 14px}
input[type=text],select{width:100%;font:inherit;padding:8px;border:1px solid var(--line);border-radius:5px;background:var(--card);color:var(--ink);margin:4px 0 0}
input[type=radio],input[type=checkbox]{width:20px;height:20px;vertical-align:-4px;margin:0 8px 0 0}
footer{color:var(--soft);font-size:14px}
@media (max-width:700px){.filters{grid-template-columns:1fr 1fr}.filters p:first-child{grid-column:1/3}th,td{padding-right:8px}.lanes li{grid-template-columns:1fr;margin:0 0 4px}.bars li{grid-template-columns:1fr auto;margin:0 0 6px}.bars svg{grid-row:2;grid-column:1/3}}
@media (forced-colors:active){.band,section,button,.go a{border:1px solid}}`;

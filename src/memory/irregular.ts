// Irregular English forms to their lemma, so that "went" finds "go".

const forms = `arise:arose,arisen awake:awoke,awoken bear:bore,borne beat:beaten become:became begin:began,begun
bend:bent bind:bound bite:bit,bitten bleed:bled blow:blew,blown break:broke,broken breed:bred bring:brought
build:built burn:burnt buy:bought catch:caught choose:chose,chosen cling:clung come:came creep:crept deal:dealt
dig:dug draw:drew,drawn dream:dreamt drink:drank,drunk drive:drove,driven eat:ate,eaten fall:fell,fallen feed:fed
feel:felt fight:fought find:found flee:fled fly:flew,flown forbid:forbade,forbidden forget:forgot,forgotten
forgive:forgave,forgiven freeze:froze,frozen give:gave,given go:went,gone,goes grow:grew,grown hang:hung hear:heard
hide:hid,hidden hold:held keep:kept kneel:knelt know:knew,known lay:laid lead:led lean:leant leap:leapt
learn:learnt leave:left lend:lent lie:lain light:lit lose:lost make:made mean:meant meet:met mistake:mistook,mistaken
overcome:overcame pay:paid prove:proven ride:rode,ridden ring:rang,rung rise:rose,risen run:ran say:said see:saw,seen
seek:sought sell:sold send:sent sew:sewn shake:shook,shaken shine:shone shoot:shot show:shown shrink:shrank,shrunk
sing:sang,sung sink:sank,sunk sit:sat sleep:slept slide:slid speak:spoke,spoken spell:spelt spend:spent spin:spun
spring:sprang,sprung stand:stood steal:stole,stolen stick:stuck sting:stung strike:struck,stricken swear:swore,sworn
sweep:swept swell:swollen swim:swam,swum swing:swung take:took,taken teach:taught tear:tore,torn tell:told
think:thought throw:threw,thrown understand:understood undertake:undertook,undertaken wake:woke,woken wear:wore,worn
weave:wove,woven weep:wept win:won wind:wound withdraw:withdrew,withdrawn write:wrote,written
child:children man:men woman:women person:people tooth:teeth foot:feet mouse:mice goose:geese wife:wives life:lives
leaf:leaves knife:knives shelf:shelves half:halves wolf:wolves loaf:loaves good:better,best bad:worse,worst`

export const irregular: ReadonlyMap<string, string> = new Map(
  forms.split(/\s+/).flatMap(entry => {
    const [lemma = '', rest = ''] = entry.split(':')
    return rest.split(',').map(form => [form, lemma] as const)
  }),
)

// Words that a household uses for one another, and kinds that a question names where the answer names one of them.
import { termOf } from './analyse.ts'

/** Each finds the others. */
const same = `
bike bicycle; car auto; phone telephone cellphone mobile smartphone; laptop computer notebook; tv television telly;
fridge refrigerator; sofa couch; flat apartment; house home; yard garden; movie film; photo picture image photograph;
book novel; song tune; gift present; trip journey travel vacation holiday tour; job work career occupation employment profession;
boss manager; coworker colleague; salary pay wage income; doctor physician; vet veterinarian; sick ill unwell;
illness disease condition; medicine medication drug pill; injury injure hurt wound; hospital clinic;
therapist counselor psychologist counselling therapy; gym workout exercise train fitness; food meal dish;
dinner supper; cook bake; recipe; restaurant diner; drink beverage; mom mum mother mommy; dad father daddy;
grandma grandmother granny nana; grandpa grandfather granddad; kid child; son boy; daughter girl; baby newborn infant;
wife spouse partner; husband spouse partner; boyfriend partner; girlfriend partner; marry wedding marriage;
fiance engagement engage; buddy friend pal; neighbor neighbour; parent mother father; sibling brother sister;
begin start; finish end complete; buy purchase acquire; get receive; repair fix mend; break damage ruin; steal rob theft burglary thief;
lose miss; win victory; quit stop; move relocate; adopt rescue; paint painting; draw sketch; write author;
teach teacher instructor coach; learn study; exam test; school class course lesson; college university degree;
graduate graduation; thesis dissertation; license licence; volunteer volunteering charity; donate donation donor;
contest competition tournament; race marathon run; concert gig show performance; perform performance;
party celebration celebrate; birthday anniversary; christmas holiday; church faith religion religious; funeral die death;
scared afraid fear nervous frighten terrify; operation operate surgery; propose proposal engagement;
born birth; pregnant pregnancy; article newspaper magazine; publish release; relax unwind calm rest; motorcycle motorbike; happy glad joy; sad unhappy upset; proud pride; angry mad; stress stressed anxious anxiety;
dream goal plan hope; advice suggest recommend recommendation; support help; meet meeting; talk speak speech;
ocean sea beach coast; hill mountain hike; wood forest; lake river; country nation; city town; store shop market;
money cash dollar; cost price pay; cheap inexpensive; expensive costly; color colour; favorite favourite;
favor favour; grey gray; theater theatre; center centre; shirt clothes clothing; shoe sneaker boot; hair haircut;
look appearance; sleep nap; dawn sunrise; dusk sunset; area place location`

/** The first finds the rest; they do not find it. */
const kinds = `
pet: dog cat puppy kitten rabbit hamster parrot turtle fish guinea lizard bird snake;
animal: dog cat puppy kitten rabbit hamster parrot turtle fish horse bird snake cow sheep fox deer bear;
instrument: guitar piano violin cello flute clarinet drum trumpet saxophone ukulele accordion harp keyboard bass;
music: song band album concert guitar piano violin jazz; sport: football soccer basketball tennis baseball hockey
 swimming running cycling volleyball golf yoga climbing rowing surfing skiing;
hobby: paint draw knit garden photography pottery cook read hike fish dance chess collect;
craft: pottery knit sew woodworking weave weld crochet embroidery candle; art: paint draw sculpture pottery sketch;
family: mother father sister brother wife husband son daughter mom dad; relative: aunt uncle cousin grandmother
 grandfather niece nephew grandma grandpa; vehicle: car van truck bike motorcycle bus; dessert: cake pie cookie
 ice chocolate; fruit: apple banana orange strawberry grape mango peach berry; vegetable: carrot tomato potato onion
 pepper lettuce cucumber; drink: coffee tea wine beer juice water; flower: rose tulip sunflower lily daisy orchid;
game: chess board card video console puzzle; language: spanish french german italian portuguese japanese chinese english
 korean arabic; weather: rain snow sun storm wind; device: phone laptop tablet camera computer; jewelry: ring necklace
 bracelet earring; furniture: table chair desk bed shelf sofa; child: son daughter boy girl twin baby; color: red blue green yellow orange purple pink white black brown silver;
wear: dress suit shirt jacket coat hat shoe; clothes: dress suit shirt jacket coat hat sweater; bird: parrot owl eagle
 heron gull robin; injury: break cut twist sprain burn stitch wound hurt; exercise: run swim yoga gym hike cycle;
profession: nurse doctor teacher engineer lawyer chef writer artist designer counselor; season: summer winter spring
 autumn; relationship: date marry girlfriend boyfriend husband wife single divorce; subject: math history science biology physics`

const stemmed = (words: string): string[] => [...new Set(words.trim().split(/\s+/).map(termOf))]

/** The index terms that may stand for an index term. */
export function akinTerms(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  const add = (term: string, others: readonly string[]) => {
    const known = found.get(term) ?? new Set<string>()
    found.set(term, known)
    for (const one of others) if (one !== term) known.add(one)
  }
  for (const group of same.split(';').map(stemmed)) for (const term of group) add(term, group)
  for (const line of kinds.split(';')) {
    const [kind = '', members = ''] = line.split(':')
    add(termOf(kind.trim()), stemmed(members))
  }
  return new Map([...found].map(([term, others]) => [term, [...others]]))
}

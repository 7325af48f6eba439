// Makes long two-person conversations with questions whose evidence is known. The same seed, the same text.

export interface Turn {
  readonly ref: string
  readonly session: string
  readonly seq: number
  readonly at: string
  readonly saidBy: string
  readonly text: string
}

export interface Asked {
  readonly q: string
  readonly kind: 'single' | 'multi' | 'temporal' | 'open'
  /** Refs of the turns that answer it. */
  readonly evidence: readonly string[]
}

export interface Conversation {
  readonly turns: readonly Turn[]
  readonly questions: readonly Asked[]
}

export interface Shape {
  readonly seed: number
  readonly sessions: number
  readonly speakers: readonly [string, string]
}

type Random = () => number

/** mulberry32, a public-domain generator: small, and the same on every machine. */
export function random(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One thing that somebody did: how it is told, what is asked back, the detail, and how it is asked for later. */
interface Topic {
  readonly tell: readonly string[]
  readonly askBack: readonly string[]
  readonly detail: readonly string[]
  readonly slots: Readonly<Record<string, readonly string[]>>
  /** About the telling. */
  readonly when: readonly string[]
  readonly what: readonly string[]
  /** About the detail. */
  readonly about: readonly string[]
  /** About everything of this kind that they told. */
  readonly all: string
  readonly guess: string
}

const topics: readonly Topic[] = [
  {
    tell: [
      'I finally signed up for that {craft} class {ago}, it felt so good to make something.',
      'Guess what, {ago} I took a {craft} workshop with {kin}! Such a calming way to spend an afternoon.',
    ],
    askBack: ['That sounds lovely! What did you end up making?', 'Oh fun! Did you bring anything home?'],
    detail: [
      'I made a little {thing} for the kitchen, a bit wonky but I love it.',
      'A {thing}! The teacher said the colors came out great.',
    ],
    slots: {
      craft: ['pottery', 'woodworking', 'knitting', 'watercolor', 'candle'],
      thing: ['bowl', 'mug', 'spoon', 'scarf', 'vase', 'lantern'],
    },
    when: ['When did {who} take the {craft} class?', 'When did {who} go to a {craft} workshop?'],
    what: [
      'What kind of class did {who} sign up for to make things?',
      'What creative workshop did {who} attend with {kin}?',
    ],
    about: ['What did {who} make in the {craft} class?', 'What did {who} create at the {craft} workshop?'],
    all: 'What crafts has {who} tried?',
    guess: 'Would {who} enjoy a gift related to handmade art?',
  },
  {
    tell: [
      'We went camping at {place} {ago} and the kids could not stop talking about it.',
      'I just got back from {place}. Hiked there {ago} with {kin} and the view was unreal.',
    ],
    askBack: ['Wow, what was the best part?', 'Amazing! Did you see any wildlife?'],
    detail: [
      'At night we lay on the grass and watched {sky}, nobody wanted to sleep.',
      'We spotted {animal} right next to the trail, I froze!',
    ],
    slots: {
      place: ['the lake', 'the mountains', 'the national park', 'the old forest', 'the coast'],
      sky: ['the meteor shower', 'the full moon', 'shooting stars'],
      animal: ['a fox', 'a family of deer', 'two eagles', 'a bear cub'],
    },
    when: ['When did {who} go to {place}?', 'When did {who} go hiking or camping at {place}?'],
    what: ['Where did {who} travel to with {kin}?', 'Which outdoor place did {who} visit?'],
    about: ['What did {who} see during the trip to {place}?', 'What was memorable for {who} at {place}?'],
    all: 'Where has {who} gone camping or hiking?',
    guess: 'Is {who} someone who would like a holiday in nature?',
  },
  {
    tell: [
      'Big news, I applied for a job at {firm} {ago}!',
      'I had my interview with {firm} {ago} and my hands were shaking the whole time.',
    ],
    askBack: ['Good luck! What would you be doing there?', 'Exciting! How do you feel about it?'],
    detail: [
      'I would be working as {role}, which I have wanted since college.',
      'They want {role}, and they said my volunteering counts for a lot.',
    ],
    slots: {
      firm: [
        'a museum',
        'the animal shelter',
        'a game studio',
        'the city hospital',
        'a bakery',
        'an architecture firm',
      ],
      role: ['a coordinator', 'a junior designer', 'a counselor', 'an assistant manager'],
    },
    when: ['When did {who} apply for a job at {firm}?', 'When did {who} have an interview with {firm}?'],
    what: ['Where did {who} apply for work?', 'Which employer did {who} interview with?'],
    about: ['What position would {who} have at {firm}?', 'What role does {who} want at {firm}?'],
    all: 'Which jobs has {who} gone for?',
    guess: 'Is {who} ambitious about a career?',
  },
  {
    tell: [
      'I adopted {pet} {ago}! The house is chaos now.',
      '{Kin} surprised me with {pet} {ago} and I cried happy tears.',
    ],
    askBack: ['Aww! What is the name?', 'No way! What did you call the little one?'],
    detail: [
      'We named it {petname}, after my favorite character.',
      'The name is {petname} and it already sleeps on my pillow.',
    ],
    slots: {
      pet: ['a puppy', 'a kitten', 'a rescue dog', 'a parrot', 'two guinea pigs'],
      petname: ['Biscuit', 'Pixel', 'Luna', 'Shadow', 'Mango', 'Toby'],
    },
    when: ['When did {who} adopt {pet}?', 'When did {who} get {pet}?'],
    what: ['What pet did {who} get?', 'Which animal joined the home of {who}?'],
    about: ['What is the name of the pet {who} got?', 'What did {who} name {pet}?'],
    all: 'What pets does {who} have?',
    guess: 'Would {who} be likely to volunteer with animals?',
  },
  {
    tell: [
      'I have been reading {book} since {ago}, can not put it down.',
      '{Kin} lent me {book} {ago} and I stayed up way too late with it.',
    ],
    askBack: ['I have heard of it! What do you like about it?', 'Worth reading? Tell me more.'],
    detail: [
      'The way it talks about {theme} really hit me.',
      'It made me think about {theme} in a whole new way.',
    ],
    slots: {
      book: [
        '"The Salt Path"',
        '"A Quiet Harbor"',
        '"Nine Winters"',
        '"The Glass Orchard"',
        '"Becoming Whole"',
      ],
      theme: ['forgiveness', 'growing old', 'starting over', 'friendship', 'courage'],
    },
    when: ['When did {who} read {book}?', 'When did {who} get the book {book}?'],
    what: ['What book is {who} reading?', 'Which book did {kin} lend to {who}?'],
    about: ['What did {who} take away from {book}?', 'Which theme in {book} impressed {who}?'],
    all: 'Which books has {who} read?',
    guess: 'Does {who} like stories that make people reflect?',
  },
  {
    tell: [
      'I ran {race} {ago} and I did not come last!',
      'My legs are killing me, I did {race} {ago} to raise money for {cause}.',
    ],
    askBack: ['Congrats! What made you do it?', 'That is awesome, what kept you going?'],
    detail: [
      'Honestly {reason} kept me going, I thought about it at every step.',
      'It started because of {reason}, and now I am hooked.',
    ],
    slots: {
      race: ['a charity 5K', 'the half marathon', 'a trail run', 'the city relay'],
      cause: ['mental health', 'the children hospital', 'clean water'],
      reason: ['my grandmother', 'the community', 'a promise to my brother', 'my doctor’s advice'],
    },
    when: ['When did {who} run {race}?', 'When did {who} take part in {race}?'],
    what: ['Which race did {who} take part in?', 'What sporting event did {who} do to raise money?'],
    about: ['Why did {who} run {race}?', 'What motivated {who} during {race}?'],
    all: 'What races has {who} done?',
    guess: 'Would {who} be considered an athletic person?',
  },
  {
    tell: [
      'We celebrated {event} {ago}, the whole family came over.',
      '{ago} was {event}, I still have confetti in my hair.',
    ],
    askBack: ['How sweet! What did you eat?', 'Sounds like a blast, what was the highlight?'],
    detail: [
      'I baked {dish} from an old recipe and it was gone in minutes.',
      'The highlight was when {kin} sang, and then we ate {dish}.',
    ],
    slots: {
      event: ['my daughter’s birthday', 'our anniversary', 'the graduation party', 'my mom’s retirement'],
      dish: ['a lemon cake', 'lasagna', 'a peach pie', 'dumplings', 'cinnamon rolls'],
    },
    when: ['When was {event} of {who} celebrated?', 'When did {who} celebrate {event}?'],
    what: ['What did {who} celebrate with the family?', 'Which occasion did {who} have a party for?'],
    about: ['What food did {who} have at {event}?', 'What did {who} bake for {event}?'],
    all: 'What occasions has {who} celebrated?',
    guess: 'Is family important to {who}?',
  },
  {
    tell: [
      'I started learning {skill} {ago}, my fingers are so confused.',
      '{ago} I had my first lesson in {skill}. Never too late, right?',
    ],
    askBack: ['Good for you! Why that one?', 'Cool, how is practice going?'],
    detail: [
      'I grew up hearing {kin} play, so it brings back memories, and I practice {often}.',
      'I try to do it {often}, otherwise I forget everything.',
    ],
    slots: {
      skill: ['the violin', 'the piano', 'sign language', 'the guitar', 'Portuguese', 'chess'],
      often: ['twice a week', 'every morning', 'three times a week', 'on Sundays'],
    },
    when: ['When did {who} start learning {skill}?', 'When did {who} have a first lesson in {skill}?'],
    what: ['What is {who} learning?', 'Which new skill did {who} begin?'],
    about: ['How often does {who} practice {skill}?', 'How many times does {who} practice {skill}?'],
    all: 'What skills is {who} learning?',
    guess: 'Is {who} open to trying new things?',
  },
  {
    tell: [
      'I spoke at {meeting} {ago} about my own journey and people actually listened.',
      'Went to {meeting} {ago}, met some inspiring folks there.',
    ],
    askBack: ['I am proud of you! How did people react?', 'What did you take from it?'],
    detail: [
      'A young woman came up to me and said {quote}, that meant the world.',
      'Somebody told me {quote} and we hugged.',
    ],
    slots: {
      meeting: [
        'a support group',
        'the school assembly',
        'a youth center',
        'a town hall',
        'the pride parade',
      ],
      quote: ['she felt less alone', 'it changed how he sees himself', 'she wants to volunteer too'],
    },
    when: ['When did {who} speak at {meeting}?', 'When did {who} go to {meeting}?'],
    what: ['Where did {who} share a personal journey?', 'What community event did {who} attend?'],
    about: ['How did people respond to {who} at {meeting}?', 'What did somebody tell {who} after {meeting}?'],
    all: 'In what ways is {who} involved in the community?',
    guess: 'Would {who} make a good mentor?',
  },
  {
    tell: [
      'Ugh, my {machine} broke down {ago}, right before {errand}.',
      'You will not believe it, {ago} the {machine} died on me on the way to {errand}.',
    ],
    askBack: ['Oh no! What did you do?', 'That is the worst. Is it fixed?'],
    detail: [
      '{Kin} came to the rescue and it cost me {price} in the end.',
      'I had to pay {price}, there go my savings.',
    ],
    slots: {
      machine: ['car', 'laptop', 'washing machine', 'bike', 'phone'],
      errand: ['a deadline', 'the airport', 'a date', 'my appointment'],
      price: ['$120', '300 dollars', '$85', '450 bucks'],
    },
    when: ['When did the {machine} of {who} break down?', 'When did {who} have trouble with the {machine}?'],
    what: ['What broke right before {errand} for {who}?', 'Which thing failed {who} on the way to {errand}?'],
    about: [
      'How much did {who} pay for repairing the {machine}?',
      'What did fixing the {machine} cost {who}?',
    ],
    all: 'What things of {who} have broken?',
    guess: 'Has {who} had bad luck with technology?',
  },
]

const kin = [
  'my sister',
  'my dad',
  'my best friend',
  'my husband',
  'an old colleague',
  'my cousin',
  'my neighbor',
]
const agos = [
  'yesterday',
  'last week',
  'two days ago',
  'last Saturday',
  'this morning',
  'last month',
  'a few days ago',
  'last Friday',
]
const hellos = [
  'Hey {other}! Good to hear from you, how have you been?',
  'Hi {other}, long time no talk! What is new?',
  '{other}! How are things on your end?',
]
const chatter = [
  'That is so cool, I am happy for you!',
  'Thanks {other}, your support means a lot to me.',
  'I know what you mean, it is hard to find time for ourselves.',
  'Life has been busy with work and the kids, but we manage.',
  'Haha, you always know how to make me laugh.',
  'I totally agree, nature has a way of calming the mind.',
  'It is important to take care of yourself, do not forget that.',
  'Sounds like a great plan, let me know how it goes!',
  'I really admire your strength, {other}.',
  'We should catch up in person some time and have a coffee.',
  'What a journey it has been. Family and friends make all the difference.',
  'Do you have any plans for the weekend?',
  'Nothing special, probably relaxing at home with a movie and some tea.',
  'Music always helps me when I feel stressed, what about you?',
  'I have been trying to eat better and go for walks after dinner.',
  'Your painting looked beautiful, the colors remind me of a sunset.',
  'The class you mentioned sounds interesting, maybe I should try one too.',
  'My kids loved the park, they played until it got dark.',
  'Being part of a community gives me so much hope.',
  'I am still thinking about a new job, but I am not sure what I want.',
  'Reading before bed is my favorite way to unwind.',
  'I wish I had a dog, they are such good company.',
  'Running is not for me, but I like a slow hike.',
  'Birthday parties are exhausting, yet so worth it.',
  'Take care, {other}! Talk to you soon.',
]

/** One conversation: each session opens with a greeting, and things told are wrapped in small talk. */
export function converse({ seed, sessions, speakers }: Shape): Conversation {
  const roll = random(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(roll() * list.length)]!
  const turns: Turn[] = []
  const questions: Asked[] = []
  const told = new Map<string, { topic: Topic; who: string; refs: string[] }>()
  const start = Date.UTC(2022, 0, 5, 9) + Math.floor(roll() * 90) * 86_400_000
  const used = new Set<string>()
  let at = start

  /** A topic with its slots filled that this person has not told of yet. */
  const unused = (who: string): { topic: Topic; chosen: Record<string, string> } | undefined => {
    for (let attempt = 0; attempt < 30; attempt++) {
      const topic = pick(topics)
      const chosen = Object.fromEntries(
        Object.entries(topic.slots).map(([name, values]) => [name, pick(values)]),
      )
      const key = `${who}/${Object.values(chosen)[0]}`
      if (used.has(key)) continue
      used.add(key)
      return { topic, chosen }
    }
    return undefined
  }

  for (let session = 1; session <= sessions; session++) {
    at += (3 + Math.floor(roll() * 18)) * 86_400_000
    let seq = 0
    const say = (speaker: number, text: string): string => {
      seq++
      const ref = `${seed}:D${session}:${seq}`
      const other = speakers[1 - speaker]!
      turns.push({
        ref,
        session: `${seed}-${session}`,
        seq,
        at: new Date(at + seq * 60_000).toISOString(),
        saidBy: speakers[speaker]!,
        text: text.replaceAll('{other}', other),
      })
      return ref
    }
    let speaker = roll() < 0.5 ? 0 : 1
    say(speaker, pick(hellos))
    const stories = 3 + Math.floor(roll() * 3)
    for (let story = 0; story < stories; story++) {
      speaker = 1 - speaker
      for (let small = Math.floor(roll() * 3); small > 0; small--) {
        say(speaker, pick(chatter))
        speaker = 1 - speaker
      }
      const who = speakers[speaker]!
      const relative = pick(kin)
      const fresh = unused(who)
      if (!fresh) continue
      const { topic, chosen } = fresh
      const slots: Record<string, string> = {
        ...chosen,
        ago: pick(agos),
        kin: relative,
        Kin: relative[0]!.toUpperCase() + relative.slice(1),
      }
      const fill = (text: string, extra: Record<string, string> = {}) =>
        text.replace(/\{(\w+)\}/g, (whole, name: string) => ({ ...slots, ...extra })[name] ?? whole)
      const template = pick(topic.tell)
      const opening = fill(template)
      const teller = speaker
      const first = say(teller, opening[0]!.toUpperCase() + opening.slice(1))
      say(1 - teller, pick(topic.askBack))
      const second = say(teller, fill(pick(topic.detail)))
      speaker = teller
      const asked = { who, kin: relative.replace('my ', 'the ') }
      const named = (text: string) =>
        [...text.matchAll(/\{(\w+)\}/g)].every(
          ([, name]) => name === 'who' || template.includes(`{${name}}`) || template.includes('{Kin}'),
        )
      const when = topic.when.filter(named)
      const what = topic.what.filter(named)
      const about = topic.about.filter(named)
      const dice = roll()
      if (dice < 0.3 && when.length > 0)
        questions.push({ q: fill(pick(when), asked), kind: 'temporal', evidence: [first] })
      else if (dice < 0.4 && what.length > 0) {
        const month = new Date(at).toLocaleString('en', { month: 'long', timeZone: 'UTC' })
        const dated = fill(pick(what), asked).replace('?', ` in ${month} ${new Date(at).getUTCFullYear()}?`)
        questions.push({ q: dated, kind: 'single', evidence: [first] })
      } else if (dice < 0.75 && about.length > 0)
        questions.push({ q: fill(pick(about), asked), kind: 'single', evidence: [second] })
      const key = `${who}/${topics.indexOf(topic)}`
      const known = told.get(key) ?? { topic, who, refs: [] }
      known.refs.push(first)
      told.set(key, known)
    }
    say(1 - speaker, pick(chatter))
  }
  for (const { topic, who, refs } of told.values()) {
    const fill = (text: string) => text.replaceAll('{who}', who)
    if (refs.length > 1 && refs.length <= 4)
      questions.push({ q: fill(topic.all), kind: 'multi', evidence: refs })
    if (refs.length <= 3) questions.push({ q: fill(topic.guess), kind: 'open', evidence: refs })
  }
  return { turns, questions }
}

export interface Score {
  readonly questions: number
  readonly r5: number
  readonly r10: number
  readonly mrr: number
}

/** Evidence recall of results given as refs, best first. */
export function scoreOf(
  answers: readonly { readonly asked: Asked; readonly refs: readonly (string | null)[] }[],
): Score {
  let r5 = 0
  let r10 = 0
  let mrr = 0
  for (const { asked, refs } of answers) {
    const among = (n: number) =>
      asked.evidence.filter(ref => refs.slice(0, n).includes(ref)).length / asked.evidence.length
    r5 += among(5)
    r10 += among(10)
    const first = refs.findIndex(ref => ref !== null && asked.evidence.includes(ref))
    mrr += first < 0 ? 0 : 1 / (first + 1)
  }
  const n = Math.max(answers.length, 1)
  return { questions: answers.length, r5: (100 * r5) / n, r10: (100 * r10) / n, mrr: mrr / n }
}

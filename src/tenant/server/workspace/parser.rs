//! A part of the Kusto Query Language: what a client needs that reads tables by time.
//!
//! Takes a text, gives a [`Query`]: a table, a `print` or a `union`, and stages behind it. Everything else is refused with
//! a syntax error. Source: <https://learn.microsoft.com/azure/data-explorer/kusto/query/tabular-operators>.

use super::lexer::{Token, tokens};
use crate::tenant::instant::Ticks;

/// Unions in unions: a client needs one.
const DEPTH_MAX: usize = 8;

/// Why a query is not answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refused {
    Syntax(String),
    Semantic(String),
}

/// A source and what is done with its rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub source: Source,
    pub stages: Vec<Stage>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Table(String),
    Print(Vec<(String, Literal)>),
    Union { is_fuzzy: bool, legs: Vec<Query> },
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(u64),
}

/// A column, or the first of several that has a value.
pub(super) type Columns = Vec<String>;

/// What is done with rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// Conditions that all hold: lower bound of an instant (inclusive) or upper bound (exclusive).
    Where(Vec<Bound>),
    Order {
        by: Columns,
        is_ascending: bool,
    },
    Summarize {
        sums: Vec<(String, Sum)>,
        by: Option<(String, Columns, Ticks)>,
    },
    Extend(String, Literal),
    Take(u64),
    Count,
}

/// `columns >= at` or `columns < at`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    pub columns: Columns,
    pub is_lower: bool,
    pub at: Ticks,
}

/// A summary.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sum {
    Count,
    Of(String),
}

/// Reads a query.
///
/// # Errors
/// [`Refused::Syntax`].
pub(super) fn parse(text: &str) -> Result<Query, Refused> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let query = parser.query()?;
    match parser.peek() {
        None => Ok(query),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, Refused> {
        let token = self.peek().cloned().ok_or_else(|| Refused::Syntax("the query ends too early".to_owned()))?;
        self.at += 1;
        Ok(token)
    }

    fn unexpected(&self) -> Refused {
        Refused::Syntax(format!("unexpected word {}", self.at))
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(one)) if *one == sign);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> Result<(), Refused> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(one)) if one == word);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Result<String, Refused> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            _ => Err(self.unexpected()),
        }
    }

    fn query(&mut self) -> Result<Query, Refused> {
        let source = match self.name()?.as_str() {
            "print" => Source::Print(self.list(Self::assignment)?),
            "union" => {
                let mut is_fuzzy = false;
                while let (Some(Token::Name(_)), Some(Token::Sign("="))) = (self.peek(), self.tokens.get(self.at + 1)) {
                    let option = self.name()?;
                    self.sign("=")?;
                    let value = self.name()?;
                    is_fuzzy |= option == "isfuzzy" && value == "true";
                }
                Source::Union { is_fuzzy, legs: self.list(Self::leg)? }
            }
            table => Source::Table(table.to_owned()),
        };
        let mut stages = Vec::new();
        while self.takes("|") {
            stages.push(self.stage()?);
        }
        Ok(Query { source, stages })
    }

    fn leg(&mut self) -> Result<Query, Refused> {
        if !self.takes("(") {
            return Ok(Query { source: Source::Table(self.name()?), stages: Vec::new() });
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Refused::Syntax("the query is nested too deep".to_owned()));
        }
        let query = self.query()?;
        self.depth -= 1;
        self.sign(")")?;
        Ok(query)
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Refused>) -> Result<Vec<T>, Refused> {
        let mut all = vec![one(self)?];
        while self.takes(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn assignment(&mut self) -> Result<(String, Literal), Refused> {
        let name = self.name()?;
        self.sign("=")?;
        match self.next()? {
            Token::Text(text) => Ok((name, Literal::Text(text))),
            Token::Number(number) => Ok((name, Literal::Number(number))),
            _ => Err(self.unexpected()),
        }
    }

    fn stage(&mut self) -> Result<Stage, Refused> {
        match self.name()?.as_str() {
            "where" => self.conditions(),
            "order" | "sort" => {
                if !self.takes_word("by") {
                    return Err(self.unexpected());
                }
                let by = self.columns()?;
                let is_ascending = self.takes_word("asc");
                let _ = !is_ascending && self.takes_word("desc");
                Ok(Stage::Order { by, is_ascending })
            }
            "summarize" => self.summarize(),
            "extend" => self.assignment().map(|(name, value)| Stage::Extend(name, value)),
            "take" | "limit" => match self.next()? {
                Token::Number(number) => Ok(Stage::Take(number)),
                _ => Err(self.unexpected()),
            },
            "count" => Ok(Stage::Count),
            _ => Err(self.unexpected()),
        }
    }

    fn conditions(&mut self) -> Result<Stage, Refused> {
        let mut bounds = Vec::new();
        loop {
            let columns = self.columns()?;
            if self.takes_word("between") {
                self.sign("(")?;
                let since = self.moment()?;
                self.sign("..")?;
                // `between` includes both ends.
                let until = self.moment()?.saturating_add(1);
                self.sign(")")?;
                bounds.push(Bound { columns: columns.clone(), is_lower: true, at: since });
                bounds.push(Bound { columns, is_lower: false, at: until });
            } else {
                let Token::Sign(sign) = self.next()? else { return Err(self.unexpected()) };
                let at = self.moment()?;
                let (is_lower, more) = match sign {
                    ">=" => (true, 0),
                    ">" => (true, 1),
                    "<" => (false, 0),
                    "<=" => (false, 1),
                    _ => return Err(self.unexpected()),
                };
                bounds.push(Bound { columns, is_lower, at: at.saturating_add(more) });
            }
            if !self.takes_word("and") {
                return Ok(Stage::Where(bounds));
            }
        }
    }

    fn moment(&mut self) -> Result<Ticks, Refused> {
        match self.next()? {
            Token::Moment(at) => Ok(at),
            _ => Err(self.unexpected()),
        }
    }

    /// `Column` or `coalesce(Column, …)`.
    fn columns(&mut self) -> Result<Columns, Refused> {
        let name = self.name()?;
        if name != "coalesce" || !self.takes("(") {
            return Ok(vec![name]);
        }
        let all = self.list(Self::name)?;
        self.sign(")")?;
        Ok(all)
    }

    fn summarize(&mut self) -> Result<Stage, Refused> {
        let sums = self.list(|parser| {
            let name = parser.name()?;
            parser.sign("=")?;
            let sum = parser.name()?;
            parser.sign("(")?;
            let sum = match sum.as_str() {
                "count" => Sum::Count,
                "sum" => Sum::Of(parser.name()?),
                _ => return Err(parser.unexpected()),
            };
            parser.sign(")")?;
            Ok((name, sum))
        })?;
        let mut by = None;
        if self.takes_word("by") {
            let name = self.name()?;
            self.sign("=")?;
            if !self.takes_word("bin") {
                return Err(self.unexpected());
            }
            self.sign("(")?;
            let columns = self.columns()?;
            self.sign(",")?;
            let Token::Length(step) = self.next()? else { return Err(self.unexpected()) };
            self.sign(")")?;
            by = Some((name, columns, step.max(1)));
        }
        Ok(Stage::Summarize { sums, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::instant::SECOND;

    #[test]
    fn the_clients_questions_are_understood() {
        let query = parse(
            "union isfuzzy=true withsource=S (print Table=\"\", Rows=0), (A | where T >= datetime(1970-01-01T00:00:01Z) \
             and coalesce(C, T) < datetime(1970-01-01) | summarize Rows=count() | extend Table='A'), B | take 5",
        )
        .unwrap();
        let Source::Union { is_fuzzy: true, legs } = &query.source else { panic!("no union") };
        assert_eq!((legs.len(), &query.stages[..]), (3, &[Stage::Take(5)][..]));
        let bound = |columns: &[&str], is_lower, at| Bound {
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            is_lower,
            at,
        };
        assert_eq!(legs[1].stages[0], Stage::Where(vec![bound(&["T"], true, SECOND), bound(&["C", "T"], false, 0)]));
        let count = parse("A | summarize N=count(), B=sum(_BilledSize) by At=bin(coalesce(C, T), 15m)").unwrap();
        let by = Some(("At".to_owned(), vec!["C".to_owned(), "T".to_owned()], 900 * SECOND));
        let sums = vec![("N".to_owned(), Sum::Count), ("B".to_owned(), Sum::Of("_BilledSize".to_owned()))];
        assert_eq!(count.stages, [Stage::Summarize { sums, by }]);
        let between =
            parse("A | where T between (datetime(1970-01-01) .. datetime(1970-01-01)) | order by T asc").unwrap();
        assert_eq!(between.stages[0], Stage::Where(vec![bound(&["T"], true, 0), bound(&["T"], false, 1)]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "|",
            "A |",
            "A | where",
            "A | where T == 5",
            "A | project X",
            "A | where T > datetime(soon)",
            "A ; B",
            "A | take x",
            "union",
            "A | summarize x",
            "\"open",
            "A B",
            "A | where T between (1..2)",
            "5q",
            &"union (".repeat(10_000),
        ] {
            assert!(matches!(parse(text), Err(Refused::Syntax(_))), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,60}") {
            let _ = parse(&text);
        }
    }
}
